# Values for tests/against_r/expected/described.json: what R prints with four digits only (roots for exact odds ratios), and
# what the reference set does not hold (rate ratios, paired tests, larger Fisher tables). Base R only.
# Run from this folder: Rscript described.R > expected/described.json
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", ifelse(is.infinite(x), '"Inf"', format(x, digits = 15))), collapse = ", "), "]")
one <- function(x) gsub("^\\[|\\]$", "", num(x))
mat <- function(m) paste0("[", paste(apply(m, 1, num), collapse = ", "), "]")

# exact conditional odds ratio common to 2 x 2 tables: the roots that fisher.test and mantelhaen.test look for, found to the end
odds <- function(tables) {
  support <- 0; density <- 1; t <- 0
  for (x in tables) {
    m <- sum(x[, 1]); n <- sum(x[, 2]); k <- sum(x[1, ]); lo <- max(0, k - n); hi <- min(k, m)
    d <- dhyper(lo:hi, m, n, k)
    density <- convolve(density, rev(d), type = "open"); support <- support[1] + lo + seq_along(density) - 1; t <- t + x[1, 1]
  }
  p <- function(b) { l <- log(density) + b * support; w <- exp(l - max(l)); w / sum(w) }
  root <- function(f) exp(uniroot(f, c(-40, 40), tol = 1e-15, maxiter = 10000)$root)
  first <- t == support[1]; last <- t == support[length(support)]
  est <- if (first) 0 else if (last) Inf else root(function(b) sum(support * p(b)) - t)
  low <- if (first) 0 else root(function(b) sum(p(b)[support >= t]) - 0.025)
  high <- if (last) Inf else root(function(b) sum(p(b)[support <= t]) - 0.025)
  sprintf('{"or": %s, "low": %s, "high": %s}', one(est), one(low), one(high))
}
two <- list(tea_2x2 = rbind(c(3, 1), c(1, 3)), t2x2 = rbind(c(12, 5), c(3, 14)), t2x2_zero = rbind(c(0, 7), c(6, 3)),
            two_groups = rbind(c(8, 15), c(12, 6)))
strata <- list(rbind(c(2, 3), c(5, 6)), rbind(c(4, 5), c(6, 6)), rbind(c(7, 2), c(3, 9)))
cat('{"odds": {', paste(sprintf('"%s": %s', names(two), sapply(two, function(x) odds(list(x)))), collapse = ", "),
    ', "strata": ', odds(strata), "},\n", sep = "")

# larger tables
set.seed(20081)
fisher <- list(rbind(c(9, 30, 3, 5), c(14, 50, 12, 11), c(6, 15, 9, 4)),
               rbind(c(1, 4, 7, 12, 15, 11), c(3, 9, 14, 20, 25, 16), c(2, 1, 4, 8, 9, 10)),
               rbind(c(8, 2, 1, 0), c(3, 6, 2, 1), c(1, 2, 7, 3), c(0, 1, 3, 9)),
               rbind(c(40, 1, 0), c(60, 0, 2), c(30, 3, 1)))
cat('"fisher": [', paste(sapply(fisher, function(x) sprintf('{"table": %s, "p": %s}', mat(x), one(fisher.test(x, workspace = 2e8)$p.value))),
    collapse = ",\n"), "],\n", sep = "")

# rate ratios, every pair
ratio <- function(file, time, event, group) {
  d <- read.csv(file.path("data", file)); g <- factor(d[[group]], levels = unique(d[[group]])[order(unique(d[[group]]))])
  x <- tapply(d[[event]], g, sum); t <- tapply(d[[time]], g, sum); pr <- combn(levels(g), 2)
  rows <- apply(pr, 2, function(k) { r <- poisson.test(c(x[k[2]], x[k[1]]), c(t[k[2]], t[k[1]]))
    sprintf('{"group": "%s", "reference": "%s", "ratio": %s, "ci": %s, "p": %s}', k[2], k[1], one(unname(r$estimate)), num(r$conf.int), one(r$p.value)) })
  sprintf('{"file": "%s", "time": "%s", "event": "%s", "group": "%s", "pairs": [%s]}', file, time, event, group, paste(rows, collapse = ", "))
}
cat('"rate_ratios": [', ratio("lung.csv", "time", "event", "sex"), ", ", ratio("veteran.csv", "time", "status", "celltype"), "],\n", sep = "")

# before and after
paired <- function(a, b, exact) {
  d <- b - a; t <- t.test(b, a, paired = TRUE); w <- suppressWarnings(wilcox.test(d, conf.int = exact, exact = exact))
  sprintf('{"before": %s, "after": %s, "mean": %s, "t": %s, "df": %s, "p": %s, "ci": %s, "v": %s, "p_rank": %s, "pseudo_median": %s, "rank_ci": %s}',
          num(a), num(b), one(mean(d)), one(unname(t$statistic)), one(unname(t$parameter)), one(t$p.value), num(t$conf.int), one(unname(w$statistic)), one(w$p.value),
          if (exact) one(unname(w$estimate)) else "null", if (exact) num(w$conf.int) else "[null, null]")
}
a <- round(rlnorm(23, 2.3, 0.5), 3); b <- round(a * rlnorm(23, -0.4, 0.25), 3)
cat('"paired": [', paired(a, b, TRUE), ",\n", paired(c(10, 8, 7.5, 12, 9, 6, 11, 5), c(7, 8, 5.5, 9, 10, 4, 8, 5), FALSE), "]}\n", sep = "")
