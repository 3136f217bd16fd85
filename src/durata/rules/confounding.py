"""Rules X01 and X02: groups that differed before treatment, and what decides on treatment but is not in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answer, Answers, Refused
from durata.finding import Severity
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.balance import joint_p_value, largest_differences
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.after_time_zero import is_post
from durata.rules.compared import Compared, baseline_covariates, compared, complete, controlled, declared_terms, varies
from durata.rules.group_hazards import group_model, ratio_numbers, ratio_words
from durata.rules.question import compares_durations
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name, p_words
from durata.study.types import Study

NOTABLE = 0.1
BY_CHANCE = 0.05
SEED = 20_250_328
LABELLINGS, FEWEST_LABELLINGS, MOST_LABELS = 499, 99, 10_000_000
MOSTLY_KNOWN = 0.8


@dataclass(frozen=True, slots=True)
class Imbalance:
    """The largest standardised difference of a covariate between two groups, beside what chance alone would give."""

    covariate: str
    difference: float
    expected: float
    upper: float

    @property
    def beyond_chance(self) -> bool:
        """Whether it is notable and larger than in 95 of 100 random groupings."""
        return self.difference > max(NOTABLE, self.upper)


@rule(
    "X01",
    "groups-that-differed-before-treatment",
    since="0.2",
    reference="Austin PC (2009) Stat Med 28:3083-3107; Robins JM, Hernan MA, Brumback B (2000) Epidemiology 11:550-560",
)
def groups_that_differed_before_treatment(study: Study, answers: Answers) -> Iterator[Seen]:
    """Who is treated longer was chosen for it: what led to the choice also decides on the outcome.

    Standardised differences are set beside those of random groupings of the same patients in groups of the same size,
    for in small groups chance alone makes them large.
    """
    who = compared(study, answers)
    names = tuple(name for name in baseline_covariates(study) if varies(who.column(name)))
    if not names:
        raise NotJudged(speak("needs covariates known at time zero ([covariates] with timing baseline)"))
    found, p_value = imbalances(who, names)
    if p_value >= BY_CHANCE:
        return
    held = controlled(study)
    open_ = sorted((one for one in found if one.beyond_chance), key=lambda one: one.expected - one.difference)
    open_ = [one for one in open_ if one.covariate not in held]
    if not open_:
        return
    effects = list(_with_and_without(study, answers, tuple(one.covariate for one in open_)))
    yield seen(
        Severity.WARNING if compares_durations(study) else Severity.INFO,
        "The duration groups differed before treatment by more than chance ({p} over {n} covariates): {parts}. Not every model "
        "holds them. Hazard ratios without and with them, same patients: {effects}."
        if effects
        else "The duration groups differed before treatment by more than chance ({p} over {n} covariates): {parts}. Not every "
        "model holds them.",
        evidence={
            "p": p_words(p_value),
            "p_value": p_value,
            "n": len(names),
            "parts": joined(
                speak(
                    "{name}, largest standardised difference {difference:.2f} (by chance {expected:.2f}, 95% below {upper:.2f})",
                    name=covariate_name(study, one.covariate),
                    difference=one.difference,
                    expected=one.expected,
                    upper=one.upper,
                )
                for one in open_
            ),
            "differences": {one.covariate: (one.difference, one.expected, one.upper) for one in found},
            "effects": joined(words for words, _ in effects),
            "hazard_ratios": tuple(numbers for _, numbers in effects),
            "seed": SEED,
            "random_groupings": _labellings_drawn(len(who.group.codes)),
        },
        remedy="Name them under [models] adjust, or under the covariates of [weights] or [emulation], which weight for them; and print "
        "the standardised differences of Table 1 beside the p-values.",
        where=study.place("models"),
    )


def imbalances(who: Compared, names: tuple[str, ...]) -> tuple[tuple[Imbalance, ...], float]:
    """Every covariate's imbalance, and the chance that random groups would differ as much in any of them (seeded)."""
    codes, groups = who.group.codes, len(who.group.levels)
    labels = _labellings(codes)
    columns: list[FloatArray | tuple[IntArray, int]] = []
    for name in names:
        column = who.column(name)
        if isinstance(column, Category):
            used = column.used()
            columns.append((used.codes, len(used.levels)))
        else:
            columns.append(column)
    differences = largest_differences(labels, groups, columns)
    found = tuple(
        Imbalance(
            name,
            float(column[0]),
            float(np.mean(column[1:][np.isfinite(column[1:])])) if np.isfinite(column[1:]).any() else 0.0,
            float(np.quantile(column[1:], 0.95, method="higher")),
        )
        for name, column in zip(names, differences.T, strict=True)
        if not np.isnan(column).any()
    )
    return found, joint_p_value(differences)


def _labellings(codes: IntArray) -> IntArray:
    """(1 + B, n) the groups as they are, then B random groupings of the same sizes."""
    tiled = np.tile(codes.astype(np.int16), (_labellings_drawn(len(codes)), 1))
    drawn = np.random.default_rng(SEED).permuted(tiled, axis=1)
    return np.vstack([codes.astype(np.int16)[None, :], drawn])


def _labellings_drawn(n: int) -> int:
    """How many random groupings of n patients: fewer of many, in whom they hardly vary."""
    return int(np.clip(MOST_LABELS // max(n, 1), FEWEST_LABELLINGS, LABELLINGS))


def _with_and_without(
    study: Study, answers: Answers, names: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Hazard ratios of each outcome's declared model, and with the covariates that it lacks, in the same patients."""
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        declared, terms = declared_terms(study, outcome)
        lacking = tuple(name for name in names if name not in declared)
        part = complete(cohort, (*declared, *lacking))
        without: Answer | Refused = part if isinstance(part, Refused) else group_model(study, part, terms)
        beside: Answer | Refused = part if isinstance(part, Refused) else group_model(study, part, (*terms, *lacking))
        yield (
            speak(
                "{outcome}: {without}; with them {beside}",
                outcome=outcome_name(study, outcome),
                without=ratio_words(without),
                beside=ratio_words(beside),
            ),
            {"outcome": outcome, "without": ratio_numbers(without), "with": ratio_numbers(beside)},
        )


@rule(
    "X02",
    "confounders-not-recorded",
    since="0.2",
    reference="Lash TL, Fox MP, MacLehose RF et al. (2014) Int J Epidemiol 43:1969-1985; White IR, Royston P (2009) Stat Med "
    "28:1982-1998",
)
def confounders_not_recorded(study: Study, records: Records) -> Iterator[Seen]:
    """What decided on the duration and is not in the file cannot be adjusted for by any model.

    What is known of some patients only is adjusted for in those, who may be others than the rest.
    """
    expected = study.confounders.expected
    if not expected:
        raise NotJudged(
            speak("needs [confounders] expected: what decides on duration and outcome in this disease, recorded or not")
        )
    absent, later, gaps = [], [], {}
    for name in expected:
        if name not in study.covariates:
            absent.append(name)
        elif is_post(study, name):
            later.append(name)
        elif (share := _share_known(records, name)) < MOSTLY_KNOWN:
            gaps[name] = share
    parts = []
    if absent:
        parts.append(speak("not among the covariates: {names}", names=speak(", ").join(absent)))
    if later:
        names = speak(", ").join(covariate_name(study, name) for name in later)
        parts.append(speak("known only after time zero: {names}", names=names))
    for name, share in gaps.items():
        parts.append(
            speak(
                "{name} is not known for {missing:.0f}% of {n} patients",
                name=covariate_name(study, name),
                missing=100 * (1 - share),
                n=len(records),
            )
        )
    if parts:
        yield seen(
            Severity.WARNING,
            "Of {n} things that decide on duration and outcome, {lacking} cannot be adjusted for: {parts}.",
            evidence={
                "n": len(expected),
                "lacking": len(absent) + len(later) + len(gaps),
                "parts": joined(parts),
                "absent": tuple(absent),
                "later": tuple(later),
                "known_share": gaps,
            },
            remedy="Record them and declare them under [covariates]; until then say in the conclusion which are missing, and how "
            "strongly one would have to act to explain the result (durata.e_value).",
            where=study.place("confounders.expected"),
        )


def _share_known(records: Records, name: str) -> float:
    """The share of patients of whom a covariate is known."""
    if name in records.categories:
        return float(np.mean(~records.categories[name].missing))
    column = records.numbers[name] if name in records.numbers else records.dates[name]
    return float(np.mean(np.isfinite(column)))
