# Values for tests/against_r/expected/ccw_hazard.json: hazard of being cut off from "not treated within the grace period", by R's survival.
# Run from this folder: Rscript clone_censor_weight.R > expected/ccw_hazard.json
suppressPackageStartupMessages(library(survival))
d <- read.csv("data/ccw_toy.csv")
num <- function(x) paste0("[", paste(format(x, digits = 15), collapse = ", "), "]")
tight <- coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-15)
again <- coxph.control(eps = 1e-14, iter.max = 2, toler.chol = 1e-15)
model <- Surv(time, cens) ~ age + sex + perf + stage + deprivation + charlson + emergency
hazard <- function(g, ties) {
  treated <- d$surgery == 1 & !is.na(d$timetosurgery) & d$timetosurgery <= g
  k <- d
  k$time <- ifelse(treated, d$timetosurgery, d$fup_obs)
  k$cens <- as.integer(treated)
  # the call holds the data themselves: basehaz looks for them again by name
  fit <- do.call(coxph, list(model, data = k, ties = ties, control = tight))
  fit <- do.call(coxph, list(model, data = k, ties = ties, init = coef(fit), control = again))
  h <- basehaz(fit, centered = FALSE)
  j <- which(diff(c(0, h$hazard)) > 0)
  sprintf('{"time": %s, "cumulative": %s}', num(h$time[j]), num(h$hazard[j]))
}
cat("{\n")
cat('"r": "', R.version.string, '; survival ', as.character(packageVersion("survival")), '",\n', sep = "")
cat('"published_grace_182.62": ', hazard(182.62, "efron"), ",\n", sep = "")
cat('"published_grace_182.625": ', hazard(182.625, "efron"), ",\n", sep = "")
cat('"published_grace_90": ', hazard(90, "efron"), ",\n", sep = "")
cat('"published_grace_90_breslow_censoring_model": ', hazard(90, "breslow"), "\n}\n", sep = "")
