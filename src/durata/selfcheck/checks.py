"""The registry of bundled comparisons: the families of estimators and what makes the comparisons of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from durata.selfcheck.compared import Compared
from durata.selfcheck.model_checks import (
    clones,
    cox_models,
    penalised_models,
    sensitivity_and_tables,
    weights_and_imputation,
)
from durata.selfcheck.survival_checks import (
    competing_risks,
    contrasts_and_rates,
    curves,
    cut_points,
    log_rank_family,
)

CHECKS: Mapping[str, Callable[[], Iterator[Compared]]] = MappingProxyType(
    {
        "survival curves": curves,
        "log-rank family": log_rank_family,
        "Cox models": cox_models,
        "penalised, spline and parametric models": penalised_models,
        "restricted means, rates, pseudo-values": contrasts_and_rates,
        "competing risks": competing_risks,
        "searched cut-points": cut_points,
        "weights and multiple imputation": weights_and_imputation,
        "sensitivity and tables": sensitivity_and_tables,
        "emulated trials": clones,
    }
)
