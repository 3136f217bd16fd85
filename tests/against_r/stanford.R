# Values for tests/against_r/expected/stanford.json: the bundled Stanford study, every design, with R's survival.
# Run from this folder: Rscript stanford.R > expected/stanford.json
suppressPackageStartupMessages(library(survival))
d <- read.csv("../../src/durata/examples/stanford/stanford.csv", na.strings = "")
for (v in c("accept.dt", "tx.date", "fu.date")) d[[v]] <- as.Date(d[[v]])
d$wait <- as.numeric(d$tx.date - d$accept.dt)
d$fu <- as.numeric(d$fu.date - d$accept.dt)
d$group <- cut(d$wait, c(-1, 14, 42, Inf), labels = c("<=14 days", "15-42 days", ">42 days"))
num <- function(x) paste0("[", paste(ifelse(is.na(x), "null", format(x, digits = 15)), collapse = ", "), "]")
tight <- coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-15)
cox <- function(f, data) {
  # cox.zph looks for the model's data again by name, so the call must hold the data themselves
  fit <- do.call(coxph, list(f, data = data, ties = "efron", control = tight))
  again <- coxph.control(eps = 1e-14, iter.max = 2, toler.chol = 1e-15)
  fit <- do.call(coxph, list(f, data = data, ties = "efron", init = coef(fit), control = again))
  s <- summary(fit)$coefficients
  z <- cox.zph(fit)$table
  sprintf('{"coef": %s, "se": %s, "p": %s, "loglik": %s, "zph_chisq": %s, "zph_p": %s, "n": %d, "events": %d}',
          num(s[, "coef"]), num(s[, "se(coef)"]), num(s[, "Pr(>|z|)"]), num(fit$loglik[2]),
          num(z[, 1]), num(z[, 3]), fit$n, fit$nevent)
}
lr <- function(f, data) {
  s <- survdiff(f, data = data)
  sprintf('{"chisq": %s, "observed": %s, "expected": %s}', num(s$chisq), num(s$obs), num(s$exp))
}
km <- function(f, data, times) {
  s <- summary(survfit(f, data = data, conf.type = "log-log"), times = times, extend = TRUE)
  sprintf('{"time": %s, "surv": %s, "std_err": %s, "lower": %s, "upper": %s, "n_risk": %s}', num(s$time), num(s$surv),
          num(s$std.err), num(s$lower), num(s$upper), num(s$n.risk))
}
tx <- d[!is.na(d$wait), ]
tx$after <- tx$fu - tx$wait
# delayed entry: at risk from transplantation on; a transplantation on the day of the patient's own death half a day earlier
tx$enter <- ifelse(tx$wait == tx$fu & tx$fustat == 1, tx$wait - 0.5, tx$wait)
# (start, stop]: a switch on the day of the patient's own death is placed half a day earlier
sw <- ifelse(!is.na(d$wait) & d$wait == d$fu & d$fustat == 1, d$wait - 0.5, d$wait)
ever <- !is.na(sw) & sw < d$fu
first <- data.frame(id = d$id, start = -1, stop = ifelse(ever, sw, d$fu), event = ifelse(ever, 0, d$fustat),
                    transplanted = 0, age = d$age, surgery = d$surgery)
second <- data.frame(id = d$id, start = sw, stop = d$fu, event = d$fustat, transplanted = 1, age = d$age,
                     surgery = d$surgery)[ever, ]
td <- rbind(first, second)
cat("{\n")
cat('"r": "', R.version.string, '; survival ', as.character(packageVersion("survival")), '",\n', sep = "")
cat('"observed_from_start": {"cox": ', cox(Surv(fu, fustat) ~ group, tx), ', "cox_adjusted": ',
    cox(Surv(fu, fustat) ~ group + age + surgery, tx), ', "log_rank": ', lr(Surv(fu, fustat) ~ group, tx),
    ', "kaplan_meier": ', km(Surv(fu, fustat) ~ group, tx, c(90, 365, 730)), "},\n", sep = "")
cat('"observed_from_end": {"cox": ', cox(Surv(after, fustat) ~ group, tx), ', "cox_adjusted": ',
    cox(Surv(after, fustat) ~ group + age + surgery, tx), ', "log_rank": ', lr(Surv(after, fustat) ~ group, tx),
    ', "kaplan_meier": ', km(Surv(after, fustat) ~ group, tx, c(90, 365, 730)), "},\n", sep = "")
cat('"delayed_entry": {"cox": ', cox(Surv(enter, fu, fustat) ~ group, tx), ', "cox_adjusted": ',
    cox(Surv(enter, fu, fustat) ~ group + age + surgery, tx), ', "kaplan_meier": ',
    km(Surv(enter, fu, fustat) ~ group, tx, c(90, 365, 730)), "},\n", sep = "")
cat('"time_dependent": {"cox": ', cox(Surv(start, stop, event) ~ transplanted, td), ', "cox_adjusted": ',
    cox(Surv(start, stop, event) ~ transplanted + age + surgery, td), "}\n}\n", sep = "")
