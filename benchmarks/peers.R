# How R's survival package does each piece of work; reads commands from stdin, answers with lines of JSON.
suppressPackageStartupMessages(library(survival))
work <- list()
matrix_of <- function(folder, name, n, p) {
  values <- readBin(file.path(folder, paste0(name, ".bin")), "double", n * max(p, 1))
  if (p > 0) matrix(values, nrow = n) else values
}
prepare <- function(implementation, folder, work, n, p, replicates) {
  n <- file.size(file.path(folder, "time.bin")) / 8
  a <- list(time = matrix_of(folder, "time", n, 0), status = matrix_of(folder, "status", n, 0))
  for (name in c("group", "entry", "weights", "person")) {
    if (file.exists(file.path(folder, paste0(name, ".bin")))) a[[name]] <- matrix_of(folder, name, n, 0)
  }
  if (p > 0) a$x <- matrix_of(folder, "x", n, p)
  control <- coxph.control()
  bare <- function(time, status, x) {
    coxph.fit(x, Surv(time, status), strata = NULL, offset = NULL, init = NULL, control = control,
              weights = NULL, method = "efron", rownames = NULL, resid = FALSE)$coefficients
  }
  if (implementation == "R coxph.fit") {
    if (work == "cox") return(function() bare(a$time, a$status, a$x))
    if (work == "bootstrap") {
      drawn <- matrix_of(folder, "drawn", n, replicates) + 1
      return(function() rowMeans(apply(drawn, 2, function(i) bare(a$time[i], a$status[i], a$x[i, , drop = FALSE]))))
    }
  } else {
    x <- a$x
    if (work == "cox") return(function() coxph(Surv(a$time, a$status) ~ x)$coefficients)
    if (work == "bootstrap") {
      drawn <- matrix_of(folder, "drawn", n, replicates) + 1
      return(function() rowMeans(apply(drawn, 2, function(i) {
        z <- x[i, , drop = FALSE]
        coxph(Surv(a$time[i], a$status[i]) ~ z)$coefficients
      })))
    }
    if (work == "rows") return(function() {
      fit <- coxph(Surv(a$entry, a$time, a$status) ~ x, weights = a$weights, cluster = a$person)
      c(fit$coefficients, sqrt(diag(fit$var)))
    })
    if (work == "curve") return(function() {
      fit <- survfit(Surv(a$time, a$status) ~ a$group)
      tapply(fit$surv, rep(seq_along(fit$strata), fit$strata), mean)
    })
    if (work == "logrank") return(function() survdiff(Surv(a$time, a$status) ~ a$group)$chisq)
  }
  stop("does not do this")
}
status_line <- function(field) {
  line <- grep(paste0("^", field), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
input <- file("stdin", "r")
implementation <- commandArgs(trailingOnly = TRUE)[1]
cat(sprintf('{"ready": true, "R": "%s"}\n', getRversion()))
timed <- NULL
while (length(line <- readLines(input, 1)) > 0) {
  asked <- strsplit(line, "\t")[[1]]
  answer <- tryCatch({
    if (asked[1] == "version") sprintf('{"version": "%s"}', packageVersion("survival"))
    else if (asked[1] == "prepare") {
      timed <- prepare(implementation, asked[2], asked[3], as.numeric(asked[4]), as.numeric(asked[5]), as.numeric(asked[6]))
      invisible(gc())
      before <- status_line("VmRSS"); cat("5", file = "/proc/self/clear_refs")
      first <- system.time(numbers <- timed(), gcFirst = FALSE)[["elapsed"]]
      sprintf('{"first": %.6f, "peak_mb": %.1f, "numbers": [%s]}', first, status_line("VmHWM") - before,
              paste(sprintf("%.15g", numbers), collapse = ", "))
    } else {
      seconds <- numeric(0)
      for (k in seq_len(as.integer(asked[2]))) {
        began <- Sys.time(); timed(); seconds <- c(seconds, as.numeric(Sys.time()) - as.numeric(began))
      }
      sprintf('{"seconds": [%s]}', paste(sprintf("%.7f", seconds), collapse = ", "))
    }
  }, error = function(e) sprintf('{"error": "%s"}', gsub('["\\\\\n]', " ", conditionMessage(e))))
  cat(answer, "\n", sep = ""); flush(stdout())
}
