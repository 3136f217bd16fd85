# Values for expected/further.json: pseudo-value regression, conditional survival, survival at a horizon, exact permutation, pooled curves.
# Run from this folder: Rscript further.R > expected/further.json
suppressPackageStartupMessages(library(survival))
num <- function(x) {
  if (is.null(dim(x)) && length(x) == 1) return(ifelse(is.na(x), "null", trimws(format(as.numeric(x), digits = 15))))
  if (!is.null(dim(x))) return(paste0("[", paste(apply(x, 1, function(row) num(as.vector(row))), collapse = ", "), "]"))
  paste0("[", paste(ifelse(is.na(x), "null", format(as.numeric(as.vector(x)), digits = 15)), collapse = ", "), "]")
}
read <- function(file) read.csv(file.path("data", file), na.strings = "")
area <- function(time, event, tau) {
  s <- survfit(Surv(time, event) ~ 1)
  inside <- s$time < tau
  sum(diff(c(0, s$time[inside], tau)) * c(1, s$surv[inside]))
}
at <- function(time, event, tau) summary(survfit(Surv(time, event) ~ 1), times = tau, extend = TRUE)$surv
jackknife <- function(time, event, tau, what) {
  n <- length(time)
  sapply(seq_len(n), function(i) n * what(time, event, tau) - (n - 1) * what(time[-i], event[-i], tau))
}
regression <- function(y, x) {
  fit <- lm(y ~ ., data = x)
  X <- model.matrix(fit)
  bread <- solve(crossprod(X))
  robust <- bread %*% crossprod(X * resid(fit)) %*% bread
  sprintf('{"coef": %s, "covariance": %s}', num(unname(coef(fit))), num(unname(robust)))
}
cat("{\n")
cat('"r": "', R.version.string, '; survival ', as.character(packageVersion("survival")), '",\n', sep = "")

lung <- read("lung.csv")
d <- lung[!is.na(lung$ph.ecog), ]
pseudo_by <- function(what, tau) {
  y <- numeric(nrow(d))
  for (g in unique(d$sex)) {
    k <- d$sex == g
    y[k] <- jackknife(d$time[k], d$event[k], tau, what)
  }
  y
}
mean365 <- pseudo_by(area, 365)
surv365 <- pseudo_by(at, 365)
x <- data.frame(female = as.numeric(d$sex == 2), age = d$age, ph.ecog = d$ph.ecog)
cat('"pseudo_regression": {"mean": ', num(mean365), ', "survival": ', num(surv365), ', "of_mean": ', regression(mean365, x),
    ', "of_survival": ', regression(surv365, x), "},\n", sep = "")

# survival given that one is free of the event at s: survfit's start.time, and Greenwood's sum over (s, s + t]
conditional <- function(level) {
  s <- summary(survfit(Surv(time, event) ~ sex, lung, start.time = 180.5, conf.type = level), times = 180.5 + c(90, 185))
  sprintf('{"surv": %s, "std_err": %s, "lower": %s, "upper": %s, "n_risk": %s}', num(s$surv), num(s$std.err), num(s$lower),
          num(s$upper), num(s$n.risk))
}
cat('"conditional": {"log-log": ', conditional("log-log"), ', "plain": ', conditional("plain"), "},\n", sep = "")

# Klein et al. 2007: curves at one time, on five scales
s <- summary(survfit(Surv(time, event) ~ sex, lung), times = 365)
S <- s$surv; se <- s$std.err
scales <- list(plain = function(p) p, log = log, `log-log` = function(p) log(-log(p)), logit = function(p) log(p / (1 - p)),
               arcsin = function(p) asin(sqrt(p)))
slopes <- list(plain = function(p) rep(1, 2), log = function(p) 1 / p, `log-log` = function(p) 1 / (p * log(p)),
               logit = function(p) 1 / (p * (1 - p)), arcsin = function(p) 1 / (2 * sqrt(p * (1 - p))))
z <- sapply(names(scales), function(k) (scales[[k]](S[2]) - scales[[k]](S[1])) / sqrt(sum((slopes[[k]](S) * se)^2)))
q <- qnorm(0.975)
ll <- summary(survfit(Surv(time, event) ~ sex, lung, conf.type = "log-log"), times = 365)
mover <- c(S[2] - S[1] - sqrt((S[2] - ll$lower[2])^2 + (ll$upper[1] - S[1])^2),
           S[2] - S[1] + sqrt((ll$upper[2] - S[2])^2 + (S[1] - ll$lower[1])^2))
ratio <- S[2] / S[1]; se_ratio <- sqrt(sum((se / S)^2))
cat('"horizon": {"surv": ', num(S), ', "std_err": ', num(se), ', "z": {', paste(sprintf('"%s": %s', names(z), sapply(z, num)),
    collapse = ", "), '}, "difference": ', num(S[2] - S[1]), ', "difference_se": ', num(sqrt(sum(se^2))), ', "plain": ',
    num(S[2] - S[1] + c(-q, q) * sqrt(sum(se^2))), ', "log-log": ', num(mover), ', "ratio": ', num(ratio), ', "ratio_limits": ',
    num(ratio * exp(c(-q, q) * se_ratio)), "},\n", sep = "")

# every arrangement of the labels of a few ovarian patients
o <- read("ovarian.csv")[c(1:6, 14:19), ]
lr <- function(group) survdiff(Surv(futime, fustat) ~ group, o)$chisq
observed <- lr(o$rx)
sets <- combn(nrow(o), sum(o$rx == 2))
all <- apply(sets, 2, function(k) { g <- rep(1, nrow(o)); g[k] <- 2; lr(g) })
cat('"permutation": {"chisq": ', num(observed), ', "n": ', num(ncol(sets)), ', "p": ', num(mean(all >= observed - 1e-9)),
    "},\n", sep = "")

# curves of five completed data sets, pooled on log(-log S); restricted means as they are
mi <- read("lung_mi_long.csv")
each <- lapply(1:5, function(k) {
  one <- mi[mi$imp == k, ]
  good <- factor(one$wt.loss > 10, levels = c(FALSE, TRUE))
  f <- summary(survfit(Surv(time, event) ~ good, data.frame(one, good)), times = 365)
  r <- summary(survfit(Surv(time, event) ~ good, data.frame(one, good)), rmean = 365)$table
  list(s = f$surv, v = (f$std.err / (f$surv * log(f$surv)))^2, m = r[, "rmean"], mv = r[, "se(rmean)"]^2)
})
pool <- function(Q, U) {
  m <- ncol(Q); qbar <- rowMeans(Q); ubar <- rowMeans(U); b <- apply(Q, 1, var); t <- ubar + (1 + 1 / m) * b
  lambda <- (1 + 1 / m) * b / t
  list(q = qbar, t = t, df = (m - 1) / lambda^2)
}
s <- pool(log(-log(sapply(each, `[[`, "s"))), sapply(each, `[[`, "v"))
half <- qt(0.975, s$df) * sqrt(s$t)
r <- pool(sapply(each, `[[`, "m"), sapply(each, `[[`, "mv"))
cat('"pooled": {"surv": ', num(exp(-exp(s$q))), ', "lower": ', num(exp(-exp(s$q + half))), ', "upper": ', num(exp(-exp(s$q - half))),
    ', "df": ', num(s$df), ', "mean": ', num(unname(r$q)), ', "mean_se": ', num(unname(sqrt(r$t))), ', "mean_df": ', num(unname(r$df)), "}\n}\n", sep = "")
