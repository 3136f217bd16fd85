# Values for expected/time_dependent.json: the bundled Stanford study after against before transplantation, and several landmarks.
# Run from this folder: Rscript time_dependent.R > expected/time_dependent.json
suppressPackageStartupMessages(library(survival))
d <- read.csv("../../src/durata/examples/stanford/stanford.csv", na.strings = "")
for (v in c("accept.dt", "tx.date", "fu.date")) d[[v]] <- as.Date(d[[v]])
d$id <- seq_len(nrow(d))
d$wait <- as.numeric(d$tx.date - d$accept.dt)
d$fu <- as.numeric(d$fu.date - d$accept.dt)
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", format(as.numeric(x), digits = 15)), collapse = ", "), "]")
tight <- coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-15)
# (start, stop]: a switch on the day of the patient's own death is placed half a day earlier
sw <- ifelse(!is.na(d$wait) & d$wait == d$fu & d$fustat == 1, d$wait - 0.5, d$wait)
ever <- !is.na(sw) & sw < d$fu
first <- data.frame(id = d$id, start = -1, stop = ifelse(ever, sw, d$fu), event = ifelse(ever, 0, d$fustat), tx = 0, age = d$age, at = NA)
second <- data.frame(id = d$id, start = sw, stop = d$fu, event = d$fustat, tx = 1, age = d$age, at = sw)[ever, ]
rows <- rbind(first, second)
cat("{\n")
cat('"r": "', R.version.string, '; survival ', as.character(packageVersion("survival")), '",\n', sep = "")
# Mantel-Byar: the hypergeometric log-rank test of (start, stop] rows, written out
oe <- c(0, 0); v <- 0
for (t in sort(unique(rows$stop[rows$event == 1]))) {
  risk <- rows$start < t & rows$stop >= t
  n <- sum(risk); n1 <- sum(risk & rows$tx == 1); dead <- sum(rows$event == 1 & rows$stop == t)
  oe <- oe + c(dead * (n - n1) / n, dead * n1 / n)
  if (n > 1) v <- v + dead * (n1 / n) * (1 - n1 / n) * (n - dead) / (n - 1)
}
o1 <- sum(rows$event == 1 & rows$tx == 1)
cat(sprintf('"mantel_byar": {"expected": %s, "observed": %s, "chisq": %s},\n', num(oe), num(c(sum(rows$event) - o1, o1)),
            num((o1 - oe[2])^2 / v)))
# Simon-Makuch from day 30
late <- rows[rows$stop > 30, ]
late$start <- pmax(late$start, 30) - 30
late$stop <- late$stop - 30
times <- c(30, 180, 335, 700)
s <- summary(survfit(Surv(start, stop, event) ~ tx, data = late, conf.type = "log-log"), times = times, extend = TRUE)
cat(sprintf('"simon_makuch": {"time": %s, "surv": %s, "std_err": %s, "lower": %s, "upper": %s},\n', num(s$time), num(s$surv),
            num(s$std.err), num(s$lower), num(s$upper)))
# the effect of transplantation by the wait: a restricted cubic spline (Harrell) that counts after it only
w <- sw[ever]
knots <- quantile(w, c(.1, .5, .9), names = FALSE)
knots[c(1, 3)] <- sort(w)[c(5, length(w) - 4)]
piece <- function(x) {
  cube <- function(k) pmax(x - k, 0)^3
  (cube(knots[1]) + ((knots[2] - knots[1]) * cube(knots[3]) - (knots[3] - knots[1]) * cube(knots[2])) / (knots[3] - knots[2])) /
    (knots[3] - knots[1])^2
}
middle <- median(w)
rows$s1 <- ifelse(rows$tx == 1, rows$at - middle, 0)
rows$s2 <- ifelse(rows$tx == 1, piece(rows$at) - piece(middle), 0)
fit <- coxph(Surv(start, stop, event) ~ tx + s1 + s2 + age, data = rows, control = tight)
asked <- c(7, 60, 150)
x <- cbind(1, asked - middle, piece(asked) - piece(middle), 0)
cat(sprintf('"spline": {"knots": %s, "coef": %s, "se": %s, "loglik": %s, "at": %s, "log_hr": %s, "log_hr_se": %s},\n', num(knots),
            num(coef(fit)), num(sqrt(diag(vcov(fit)))), num(fit$loglik[2]), num(asked), num(x %*% coef(fit)),
            num(sqrt(diag(x %*% vcov(fit) %*% t(x))))))
# several landmarks, stacked; a year after each; sandwich by patient
stacked <- do.call(rbind, lapply(c(30, 60, 90), function(day) {
  there <- d[d$fu > day, ]
  data.frame(id = there$id, landmark = day, time = pmin(there$fu - day, 365), age = there$age,
             event = ifelse(there$fu - day <= 365, there$fustat, 0), tx = as.numeric(!is.na(there$wait) & there$wait <= day))
}))
fit <- coxph(Surv(time, event) ~ tx + age + strata(landmark) + cluster(id), data = stacked, control = tight)
cat(sprintf('"landmarks": {"n": %d, "events": %d, "coef": %s, "robust_se": %s, "naive_se": %s, "loglik": %s}\n', fit$n, fit$nevent,
            num(coef(fit)), num(sqrt(diag(fit$var))), num(sqrt(diag(fit$naive.var))), num(fit$loglik[2])))
cat("}\n")
