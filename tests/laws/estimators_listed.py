"""Every estimator of a Cohort, how it is asked, and what it does not take: the list that the generic laws go through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import durata as du
from durata.cohort import Cohort
from durata.study.paper import Condition

Ask = Callable[..., Any]
FEATURES = ("frequency", "sampling", "entry", "rows", "strata", "cluster")


@dataclass(frozen=True)
class Estimator:
    """One function as it is asked here.

    ``ask(cohort, unit)`` answers; times in the question are multiples of ``unit``. ``refuses`` has, for every feature it
    does not take, a pattern of the words that say so. ``stratified`` and ``clustered`` ask with a column of strata or
    clusters (None: it has no such argument). ``coefficients`` are on the scale of covariates x and z;
    ``dimension`` is the power of time of a column of the answer. ``random`` columns hang on the order of the rows,
    ``grows`` on the sum of sampling weights, as in R, ``by_row`` on how many rows a person has, as in R.
    """

    name: str
    ask: Ask
    refuses: Mapping[str, str] = field(default_factory=dict)
    stratified: Ask | None = None
    clustered: Ask | None = None
    coefficients: bool = False
    dimension: Mapping[str, int] = field(default_factory=lambda: {"time": 1})
    random: tuple[str, ...] = ()
    grows: tuple[str, ...] = ()
    by_row: tuple[str, ...] = ()
    family: str = "curves"


WEIGHTS = r"weight"
DELAYED = r"delayed entry|observation begins late|observed from time zero|one row a person"
ROWS = r"row|rows over time|change over time|delayed entry|observation begins late"
XZ = ("x", "z")
AREA = {"time": 1, "estimate": 1, "std_error": 1, "conf_low": 1, "conf_high": 1}
NEW = {"x": [0.5, -1.0], "z": [1.0, 0.0]}
INSIDE = Condition(covariate="x", to=0.0)


def curves() -> Iterable[Estimator]:
    """Curves, quantiles, milestones, restricted means, pseudo-values."""

    def curve(name: str, function: Ask, **how: Any) -> Estimator:
        return Estimator(
            name,
            lambda cohort, unit: function(cohort, "group", **how),
            clustered=lambda cohort, unit, cluster: function(
                cohort, "group", variance="infinitesimal-jackknife", cluster=cluster
            ),
        )

    yield curve("kaplan_meier", du.kaplan_meier)
    yield curve("kaplan_meier, robust", du.kaplan_meier, variance="infinitesimal-jackknife", interval="log")
    yield curve("nelson_aalen", du.nelson_aalen)
    yield curve("fleming_harrington", du.fleming_harrington)
    yield Estimator("reverse_kaplan_meier", lambda cohort, unit: du.reverse_kaplan_meier(cohort, "group"))
    yield Estimator(
        "kaplan_meier().quantile",
        lambda cohort, unit: du.kaplan_meier(cohort, "group").quantile([0.25, 0.5]),
        dimension={"estimate": 1, "conf_low": 1, "conf_high": 1},
    )
    yield Estimator(
        "kaplan_meier().at", lambda cohort, unit: du.kaplan_meier(cohort, "group").at([unit, 3 * unit, 50 * unit])
    )
    yield Estimator(
        "restricted_mean",
        lambda cohort, unit: du.restricted_mean(cohort, "group", until=4 * unit),
        clustered=lambda cohort, unit, cluster: du.restricted_mean(
            cohort, "group", until=4 * unit, variance="infinitesimal-jackknife", cluster=cluster
        ),
        dimension=AREA,
    )
    yield Estimator(
        "restricted_mean_contrasts",
        lambda cohort, unit: [
            row for row in du.restricted_mean_contrasts(cohort, until=4 * unit).rows() if row["term"] == "difference"
        ],
        clustered=lambda cohort, unit, cluster: du.restricted_mean_contrasts(
            cohort, until=4 * unit, variance="infinitesimal-jackknife", cluster=cluster
        ),
        dimension=AREA,
    )
    yield Estimator(
        "conditional_survival",
        lambda cohort, unit: du.conditional_survival(cohort, "group", given=2 * unit, after=[2 * unit]),
    )
    yield Estimator("survival_contrasts", lambda cohort, unit: du.survival_contrasts(cohort, at=4 * unit))
    pseudo = {"frequency": WEIGHTS, "sampling": WEIGHTS, "entry": DELAYED, "rows": DELAYED}
    yield Estimator(
        "pseudo_values",
        lambda cohort, unit: du.pseudo_values(cohort, "group", until=4 * unit),
        refuses=pseudo,
        dimension={"estimate": 1},
    )
    yield Estimator(
        "pseudo_value_regression",
        lambda cohort, unit: du.pseudo_value_regression(cohort, XZ, until=4 * unit, by=None),
        refuses=pseudo,
        coefficients=True,
        dimension=AREA,
    )


def tests() -> Iterable[Estimator]:
    """Tests of groups against each other, and searched cuts."""

    def test(
        name: str, function: Ask, refuses: Mapping[str, str], random: tuple[str, ...] = (), **how: Any
    ) -> Estimator:
        return Estimator(
            name,
            lambda cohort, unit: function(cohort, **how),
            refuses=refuses,
            stratified=lambda cohort, unit, strata: function(cohort, strata=strata, **how),
            random=random,
            family="tests",
        )

    sampling = {"sampling": WEIGHTS}
    yield test("log_rank", du.log_rank, sampling)
    yield test("log_rank, rho = 1", du.log_rank, sampling, rho=1.0)
    yield test("log_rank_trend", du.log_rank_trend, sampling)
    yield test("pairwise_log_rank", du.pairwise_log_rank, sampling)
    for weight in ("gehan-breslow", "tarone-ware", "modified-peto-peto"):
        yield test(f"weighted_log_rank, {weight}", du.weighted_log_rank, sampling, weight=weight)
    yield test(
        "weighted_log_rank, fleming-harrington", du.weighted_log_rank, sampling, weight="fleming-harrington", q=1.0
    )
    yield test("max_combo", du.max_combo, sampling)
    whole = {"frequency": WEIGHTS, "sampling": WEIGHTS, "entry": DELAYED, "rows": ROWS}
    yield test("permutation_log_rank", du.permutation_log_rank, whole, ("p_value",), permutations=29)
    single = {"sampling": WEIGHTS, "entry": DELAYED, "rows": ROWS}
    yield Estimator("cut_statistics", lambda cohort, unit: du.cut_statistics(cohort, "x"), single, family="tests")
    yield Estimator(
        "selected_cut",
        lambda cohort, unit: du.selected_cut(cohort, "x", p_value="lausen-1994", permutations=19),
        single,
        family="tests",
    )
    yield Estimator(
        "selected_cuts",
        lambda cohort, unit: du.selected_cuts(cohort, "x", permutations=19),
        single,
        random=("p_value",),
        family="tests",
    )
    yield Estimator(
        "selected_cut_stability",
        lambda cohort, unit: du.selected_cut_stability(cohort, "x", replicates=20),
        single,
        random=("estimate", "conf_low", "conf_high", "std_error", "n", "note"),
        family="tests",
    )


def regressions() -> Iterable[Estimator]:
    """Regression of the hazard or the time, and what is computed after it."""

    def model(name: str, function: Ask, refuses: Mapping[str, str] | None = None, **how: Any) -> Estimator:
        cluster = (
            None
            if function is not du.cox or name.startswith("cox, exact")
            else lambda cohort, unit, cluster: function(cohort, XZ, cluster=cluster, **how)
        )
        return Estimator(
            name,
            lambda cohort, unit: function(cohort, XZ, **how),
            refuses=refuses or {},
            stratified=lambda cohort, unit, strata: function(cohort, (*XZ, du.strata(strata)), **how),
            clustered=cluster,
            coefficients=name != "ridge_cox, unscaled",
            by_row=("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value", "df")
            if name == "ridge_cox"
            else (),
            grows=("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value") if "ridge" in name else (),
            family="regressions",
        )

    sampling = {"sampling": WEIGHTS}
    yield model("cox, efron", du.cox)
    yield model("cox, breslow", du.cox, ties="breslow")
    yield model("cox, exact", du.cox, sampling, ties="exact")
    yield model("cox, exact marginal", du.cox, sampling, ties="exact_marginal")
    yield model("firth_cox, efron", du.firth_cox, sampling)
    yield model("firth_cox, breslow", du.firth_cox, sampling, ties="breslow")
    yield model("ridge_cox", du.ridge_cox, penalty=2.0)
    yield model("ridge_cox, unscaled", du.ridge_cox, penalty=2.0, scale=False)
    subdistribution = {"sampling": WEIGHTS, "entry": DELAYED, "rows": ROWS, "strata": r"neither strata"}
    for variant in ("finegray", "crr"):
        yield model(f"fine_gray, {variant}", du.fine_gray, subdistribution, variant=variant)
    parametric = {"sampling": WEIGHTS, "entry": DELAYED, "rows": ROWS, "strata": r"neither strata"}
    for distribution in ("weibull", "exponential", "lognormal", "loglogistic"):
        yield model(
            f"accelerated_failure_time, {distribution}",
            du.accelerated_failure_time,
            parametric,
            distribution=distribution,
        )

    def after(
        name: str,
        function: Ask,
        terms: Sequence[Any] = XZ,
        refuses: Mapping[str, str] | None = None,
        grows: tuple[str, ...] = (),
        by_row: tuple[str, ...] = (),
        **how: Any,
    ) -> Estimator:
        return Estimator(
            name,
            lambda cohort, unit: function(cohort, du.cox(cohort, terms), **how),
            stratified=lambda cohort, unit, strata: function(
                cohort, du.cox(cohort, (*terms, du.strata(strata))), **how
            ),
            clustered=lambda cohort, unit, cluster: function(cohort, du.cox(cohort, terms, cluster=cluster), **how),
            refuses=refuses or {},
            grows=grows,
            by_row=by_row,
            family="after a Cox model",
        )

    for transform in ("km", "rank", "identity", "log"):
        yield after(
            f"proportional_hazards_test, {transform}",
            du.proportional_hazards_test,
            grows=("statistic", "p_value"),
            by_row=("statistic", "p_value") if transform == "rank" else (),
            transform=transform,
        )
    whole = {"entry": r"from time zero", "rows": r"from time zero"}
    yield after("concordance", du.concordance, by_row=("std_error",))
    yield after("concordance, Uno", du.concordance, refuses=whole, weight="n/G2")
    for kind in ("martingale", "deviance", "score", "dfbeta", "schoenfeld", "scaled_schoenfeld"):
        grows = ("estimate", "value 1") if kind == "scaled_schoenfeld" else ()
        yield after(f"residuals, {kind}", du.residuals, grows=grows, kind=kind)
    limits = ("std_error", "conf_low", "conf_high")
    yield after("baseline_hazard", du.baseline_hazard, grows=limits)
    yield Estimator(
        "predicted_survival",
        lambda cohort, unit: du.predicted_survival(cohort, du.cox(cohort, XZ), NEW),
        grows=limits,
        family="after a Cox model",
        clustered=lambda cohort, unit, cluster: du.predicted_survival(cohort, du.cox(cohort, XZ, cluster=cluster), NEW),
    )
    yield after("linear_predictor", du.linear_predictor)
    yield after("nonlinearity_test", du.nonlinearity_test, (du.spline("x", [-1.0, 0.0, 1.0]), "z"), variable="x")
    yield after(
        "hazard_ratio_curve",
        du.hazard_ratio_curve,
        (du.spline("x", [-1.0, 0.0, 1.0]), "z"),
        variable="x",
        at=[-0.5, 0.5],
        reference=0.1,  # the default, the median of the rows, moves when rows are split
    )
    yield Estimator(
        "interaction_test",
        lambda cohort, unit: du.interaction_test(cohort, INSIDE, "inside"),
        refuses={"sampling": r"robust variance"},
        stratified=lambda cohort, unit, strata: du.interaction_test(cohort, INSIDE, "inside", stratified=(strata,)),
        family="after a Cox model",
    )


def competing_and_rates() -> Iterable[Estimator]:
    """Competing causes, person-time rates, guaranteed time."""
    yield Estimator(
        "cumulative_incidence",
        lambda cohort, unit: du.cumulative_incidence(cohort, "group"),
        clustered=lambda cohort, unit, cluster: du.cumulative_incidence(cohort, "group", cluster=cluster),
        family="competing causes and rates",
    )
    yield Estimator(
        "restricted_time_in_state",
        lambda cohort, unit: du.restricted_time_in_state(cohort, "group", until=4 * unit),
        clustered=lambda cohort, unit, cluster: du.restricted_time_in_state(
            cohort, "group", until=4 * unit, cluster=cluster
        ),
        dimension=AREA,
        family="competing causes and rates",
    )
    yield Estimator(
        "gray_test",
        lambda cohort, unit: du.gray_test(cohort),
        refuses={"sampling": WEIGHTS, "entry": DELAYED, "rows": ROWS},
        stratified=lambda cohort, unit, strata: du.gray_test(cohort, strata=strata),
        family="competing causes and rates",
    )
    yield Estimator(
        "cox of cause_specific",
        lambda cohort, unit: du.cox(du.cause_specific(cohort, 2), XZ),
        coefficients=True,
        stratified=lambda cohort, unit, strata: du.cox(du.cause_specific(cohort, 2), (*XZ, du.strata(strata))),
        clustered=lambda cohort, unit, cluster: du.cox(du.cause_specific(cohort, 2), XZ, cluster=cluster),
        family="competing causes and rates",
    )
    rate = {"estimate": -1, "conf_low": -1, "conf_high": -1, "person_time": 1}
    yield Estimator(
        "event_rates",
        lambda cohort, unit: du.event_rates(cohort, "group"),
        refuses={"sampling": WEIGHTS},
        dimension=rate,
        family="competing causes and rates",
    )
    yield Estimator(
        "rate_ratios",
        lambda cohort, unit: du.rate_ratios(cohort),
        refuses={"sampling": WEIGHTS},
        family="competing causes and rates",
    )
    yield Estimator(
        "guaranteed_time",
        lambda cohort, unit: [
            {"group": row.group, "estimate": row.days, "person_time": row.total} for row in du.guaranteed_time(cohort)
        ],
        dimension={"estimate": 1, "person_time": 1},
        family="competing causes and rates",
    )


ESTIMATORS: tuple[Estimator, ...] = (*curves(), *tests(), *regressions(), *competing_and_rates())


def told(answer: Any) -> list[dict[str, Any]]:
    """The answer as rows of plain values, whatever its shape."""
    if isinstance(answer, list):
        return answer
    if hasattr(answer, "rows") and callable(answer.rows):
        return [*answer.rows(), {**answer.glance(), "whole": "answer"}]
    values = answer if not hasattr(answer, "values") else answer.values
    if hasattr(answer, "std_error"):
        return [
            {"row": int(row), "estimate": float(a), "std_error": float(b)}
            for row, a, b in zip(answer.rows, answer.estimate, answer.std_error, strict=True)
        ]
    flat = values.reshape(len(values), -1)
    rows = getattr(answer, "rows", range(len(flat)))
    return [
        {"row": int(row), **{f"value {j}" if j else "estimate": float(line[j]) for j in range(len(line))}}
        for row, line in zip(rows, flat, strict=True)
    ]


def asked(estimator: Estimator, cohort: Cohort, unit: float = 1.0) -> list[dict[str, Any]] | str:
    """What the estimator says of a cohort: rows, or the words of its refusal."""
    try:
        return told(estimator.ask(cohort, unit))
    except du.CannotEstimate as refusal:
        return str(refusal)
