"""Which function answers each kind of Analysis, from the settings it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.estimate.analysis import Analysis, Answer
from durata.estimate.balance import balance_table, positivity_table, weight_table
from durata.estimate.baseline import baseline_table
from durata.estimate.causes import gray_test
from durata.estimate.change import paired_change
from durata.estimate.competing import cumulative_incidence
from durata.estimate.cox import cox
from durata.estimate.cox_checks import proportional_hazards_test
from durata.estimate.curves import kaplan_meier, reverse_kaplan_meier
from durata.estimate.fine_gray import fine_gray
from durata.estimate.firth import firth_cox
from durata.estimate.imputed import Completed, pooled_model
from durata.estimate.permutation import permutation_log_rank
from durata.estimate.rates import event_rates
from durata.estimate.response import response_rates, response_test, response_trend, risk_differences
from durata.estimate.restricted_mean import restricted_mean, restricted_mean_contrasts
from durata.estimate.result import Effects
from durata.estimate.subgroups import interaction_test, restricted
from durata.estimate.tests import log_rank, pairwise_log_rank
from durata.estimate.tipping import tipping_points
from durata.finding import CannotEstimate, Finding, Severity
from durata.language.speaking import speak
from durata.study.types import Study
from durata.terms import TermLike, factor, strata
from durata.weighting.baseline_weights import ESTIMANDS, weigh
from durata.weighting.propensity import propensity

Estimator = Callable[[Cohort, Analysis], Answer]
Ties = Literal["breslow", "efron"]


def by(analysis: Analysis) -> str | None:
    """The column of groups an analysis asks for, None for everybody together."""
    column = analysis.setting("by")
    return str(column) if column else None


def names(analysis: Analysis, setting: str) -> tuple[str, ...]:
    """A setting that holds several names."""
    value = analysis.setting(setting, ())
    return tuple(str(name) for name in value) if isinstance(value, tuple) else (str(value),)


def number(analysis: Analysis, setting: str) -> float:
    """A setting that holds a number; KeyError when it holds none."""
    value = analysis.setting(setting)
    if not isinstance(value, int | float):
        raise KeyError(f"{analysis} has no number {setting!r}")
    return float(value)


def model_terms(cohort: Cohort, analysis: Analysis, screen: Screen) -> tuple[list[TermLike], tuple[Finding, ...]]:
    """The terms of a Cox model, with a note on what was screened in and what could not vary."""
    notes: list[Finding] = []
    wanted = list(names(analysis, "terms"))
    kept: list[str] = []
    if analysis.setting("screen_p"):
        found = screen(analysis)
        kept = [name for name in found.kept if name not in wanted]
        evidence = {
            "p": number(analysis, "screen_p"),
            "kept": speak(", ").join(found.kept) or speak("none"),
            "untested": speak(" Could not be tested: {names}.", names=speak(", ").join(found.untested))
            if found.untested
            else "",
        }
        text = "Covariates with a likelihood-ratio p below {p} alone, in the declared design, were added: {kept}.{untested}"
        notes.append(Finding("N30", Severity.INFO, text, evidence))
    constant = [name for name in (*wanted, *kept) if name != "group" and is_constant(cohort, name)]
    if constant:
        text = "Everybody has the same value of {names}: not in the model."
        notes.append(Finding("N31", Severity.INFO, text, {"names": speak(", ").join(constant)}))
    reference = str(analysis.setting("reference"))
    terms: list[TermLike] = [
        factor("group", reference=reference) if name == "group" and reference else name
        for name in (*wanted, *kept)
        if name not in constant
    ]
    stratified = names(analysis, "strata")
    if stratified:
        terms.append(strata(*stratified))
    return terms, tuple(notes)


@dataclass(frozen=True, slots=True)
class Screened:
    """What a univariable screen let into the model, and the candidates that no model could test."""

    kept: tuple[str, ...]
    untested: tuple[str, ...]


Screen = Callable[[Analysis], Screened]


def no_screen(analysis: Analysis) -> Screened:
    """Let no candidate in: the model holds the declared terms."""
    return Screened((), ())


def screened(cohort: Cohort, analysis: Analysis) -> Screened:
    """Test the candidates one by one by likelihood ratio (Firth's where an ordinary model has no estimate)."""
    kept, untested = [], []
    stratified = names(analysis, "strata")
    for name in names(analysis, "candidates"):
        terms: list[TermLike] = [name, strata(*stratified)] if stratified else [name]
        try:
            p_value = likelihood_ratio_p(cohort, terms, ties(analysis))
        except CannotEstimate:
            # the report names it: it neither passed nor failed
            untested.append(name)
            continue
        if p_value < number(analysis, "screen_p"):
            kept.append(name)
    return Screened(tuple(kept), tuple(untested))


def likelihood_ratio_p(cohort: Cohort, terms: list[TermLike], how: Ties) -> float:
    """Likelihood-ratio p of all terms, penalised where a coefficient runs to infinity."""
    try:
        return cox(cohort, terms, ties=how).tests["likelihood_ratio"].p_value
    except CannotEstimate:
        return firth_cox(cohort, terms, ties=how).tests["likelihood_ratio"].p_value


def ties(analysis: Analysis) -> Ties:
    """How an analysis handles tied times."""
    return "breslow" if analysis.setting("ties") == "breslow" else "efron"


def weighed(cohort: Cohort, analysis: Analysis) -> Cohort:
    """The cohort under the baseline weights an analysis names, estimated among its people; their mean is 1.

    A constant factor changes no estimate, and makes weighted numbers at risk speak of as many people as there are.
    """
    asked = str(analysis.setting("estimand"))
    estimand = next((known for known in ESTIMANDS if known == asked), None)
    if estimand is None:
        raise KeyError(f"{analysis} names no weights there are")
    target = str(analysis.setting("target")) or None
    found = weigh(cohort, names(analysis, "weigh_by"), estimand=estimand, target=target)
    if found.weights is None:
        raise TypeError("weigh() gave no weights")
    return replace(found, weights=Weights(found.weights.values / found.weights.values.mean(), "sampling"))


def is_constant(cohort: Cohort, name: str) -> bool:
    """Whether a column has one value only."""
    column = cohort.column(name)
    if isinstance(column, Category):
        return len(column.used().levels) < 2
    known = column[column == column]
    return len(known) == 0 or bool((known == known[0]).all())


def fitted_cox(cohort: Cohort, analysis: Analysis, screen: Screen) -> Effects:
    """The Cox model an analysis describes."""
    terms, notes = model_terms(cohort, analysis, screen)
    effects = cox(cohort, terms, ties=ties(analysis), cluster="person" if analysis.setting("robust", False) else None)
    return replace(effects, notes=(*effects.notes, *notes))


def fitted_firth(cohort: Cohort, analysis: Analysis, screen: Screen) -> Effects:
    """Firth's penalised model of the same terms."""
    terms, notes = model_terms(cohort, analysis, screen)
    effects = firth_cox(cohort, terms, ties=ties(analysis))
    return replace(effects, notes=(*effects.notes, *notes))


def fitted_fine_gray(cohort: Cohort, analysis: Analysis, screen: Screen) -> Effects:
    """Fine and Gray's model of the same terms, by the definition of R's ``finegray()``."""
    terms, notes = model_terms(cohort, analysis, screen)
    effects = fine_gray(cohort, terms, variant="finegray", ties=ties(analysis))
    return replace(effects, notes=(*effects.notes, *notes))


def described_baseline(cohort: Cohort, analysis: Analysis) -> Answer:
    """Table 1 of the covariates an analysis names."""
    covariates = names(analysis, "covariates")
    means = set(names(analysis, "means"))
    summary = {
        name: ("mean" if name in means else "median")
        for name in covariates
        if not isinstance(cohort.column(name), Category)
    }
    return baseline_table(cohort, covariates, by=by(analysis), summary=summary)  # type: ignore[arg-type]


ESTIMATORS: Mapping[str, Estimator] = MappingProxyType(
    {
        "kaplan_meier": lambda cohort, one: kaplan_meier(cohort, by=by(one)),
        "reverse_kaplan_meier": lambda cohort, one: reverse_kaplan_meier(cohort, by=by(one)),
        "log_rank": lambda cohort, one: log_rank(cohort, by="group"),
        "pairwise_log_rank": lambda cohort, one: pairwise_log_rank(cohort, by="group", adjust="holm"),
        "permutation_log_rank": lambda cohort, one: permutation_log_rank(cohort, by="group"),
        "event_rates": lambda cohort, one: event_rates(cohort, by=by(one), per=number(one, "per")),
        "restricted_mean": lambda cohort, one: restricted_mean(cohort, by=by(one), until=number(one, "until")),
        "restricted_mean_contrasts": lambda cohort, one: restricted_mean_contrasts(
            cohort, by="group", until=number(one, "until"), reference=str(one.setting("reference")) or None
        ),
        "cumulative_incidence": lambda cohort, one: cumulative_incidence(
            cohort, by=by(one), cause=int(number(one, "cause"))
        ),
        "gray_test": lambda cohort, one: gray_test(cohort, "group"),
        "baseline": described_baseline,
        "response_rates": lambda cohort, one: response_rates(
            cohort, str(one.setting("of")), names(one, "success"), by=by(one)
        ),
        "response_test": lambda cohort, one: response_test(cohort, str(one.setting("of")), names(one, "success")),
        "response_trend": lambda cohort, one: response_trend(cohort, str(one.setting("of")), names(one, "success")),
        "risk_differences": lambda cohort, one: risk_differences(cohort, str(one.setting("of")), names(one, "success")),
        "weighted_balance": lambda cohort, one: balance_table(cohort, names(one, "weigh_by")),
        "weights": lambda cohort, one: weight_table(cohort),
        "positivity": lambda cohort, one: positivity_table(propensity(cohort, names(one, "weigh_by"))),
        "tipping_points": lambda cohort, one: tipping_points(cohort, number(one, "at")),
        "paired_change": lambda cohort, one: paired_change(
            cohort, str(one.setting("before")), str(one.setting("after")), by=by(one)
        ),
    }
)


def estimators_for(
    study: Study, declared_cohort: Callable[[str], Cohort], completed: Completed | None = None
) -> dict[str, Estimator]:
    """Every estimator, each restricted to the subgroup its analysis names; models and the interaction test with them.

    ``declared_cohort(outcome)`` is the cohort in which candidates are screened, the same for every design;
    ``completed(design, outcome)`` are the cohorts whose missing covariates were imputed, None where nothing is.
    """
    found: dict[Analysis, Screened] = {}

    def screen(analysis: Analysis) -> Screened:
        kept_settings = tuple(
            one for one in analysis.settings if one[0] in ("candidates", "screen_p", "strata", "ties")
        )
        asked = Analysis("", analysis.outcome, "screen", kept_settings)
        if asked not in found:
            found[asked] = screened(declared_cohort(analysis.outcome), asked)
        return found[asked]

    def inside(estimator: Estimator) -> Estimator:
        def answer(cohort: Cohort, analysis: Analysis) -> Answer:
            subgroup = str(analysis.setting("subgroup"))
            if subgroup:
                cohort = restricted(cohort, study.subgroups[subgroup], subgroup)
            if analysis.setting("estimand") and analysis.estimator != "positivity":
                cohort = weighed(cohort, analysis)
            return estimator(cohort, analysis)

        return answer

    def interaction(cohort: Cohort, analysis: Analysis) -> Answer:
        subgroup = str(analysis.setting("of"))
        stratified = names(analysis, "strata")
        return interaction_test(cohort, study.subgroups[subgroup], subgroup, ties=ties(analysis), stratified=stratified)

    def pooled(cohort: Cohort, analysis: Analysis) -> Effects:
        if completed is None:
            raise CannotEstimate(speak("No missing values were imputed in this study."))
        cohorts = completed(analysis.design, analysis.outcome)
        return pooled_model(study, cohort, cohorts, lambda one: fitted_cox(one, analysis, screen))

    models: dict[str, Estimator] = {
        "cox": lambda cohort, one: fitted_cox(cohort, one, screen),
        "firth_cox": lambda cohort, one: fitted_firth(cohort, one, screen),
        "fine_gray": lambda cohort, one: fitted_fine_gray(cohort, one, screen),
        "pooled_cox": pooled,
        "proportional_hazards": lambda cohort, one: proportional_hazards_test(cohort, fitted_cox(cohort, one, screen)),
    }
    everything = {**ESTIMATORS, **models}
    return {**{name: inside(estimator) for name, estimator in everything.items()}, "interaction": interaction}
