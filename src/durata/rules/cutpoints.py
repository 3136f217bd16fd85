"""Rules K01 and K03: where the boundaries between durations come from, and what is lost by cutting a number up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.cut_stability import selected_cut_stability
from durata.estimate.cutpoint import cut_statistics, selected_cuts
from durata.estimate.plan import adjustment
from durata.estimate.result import Test
from durata.finding import CannotEstimate, Severity
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name, p_words, unit_words
from durata.study.types import Study
from durata.terms import TermLike, spline

DURATION = "duration of treatment"
PERMUTATIONS = 499
REPLICATES = 100
SEED = 20250101
STANDS_OUT = 0.1  # among the best tenth of the admissible cuts
SAME = 0.05
ROYSTON = "Royston P, Altman DG, Sauerbrei W (2006) Stat Med 25:127-141"


def achieved(study: Study, records: Records, cohort: Cohort) -> FloatArray:
    """(n,) achieved duration of each row of a cohort, in [treatment] unit; NaN where treatment never ended."""
    days = records.dates[study.treatment.end] - records.dates[study.treatment.start]
    return np.asarray(days[cohort.person] / study.study.days(study.treatment.unit), dtype=np.float64)


def boundaries(study: Study) -> tuple[float, ...]:
    """The boundaries between the duration groups, each the upper end of a group with another above it."""
    return tuple(group.to for group in study.treatment.groups[:-1] if group.to is not None)


@rule(
    "K01",
    "cut-searched-in-the-data",
    since="0.2",
    reference="Altman DG, Lausen B, Sauerbrei W, Schumacher M (1994) J Natl Cancer Inst 86:829-835; Lausen B, "
    "Schumacher M (1992) Biometrics 48:73-85",
)
def cut_searched_in_the_data(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """The best of many cuts separates chance as well as truth: its p-value is far too small, its hazard ratio too far from 1."""
    searched = study.treatment.cut_source == "data"
    reasons, judged = [], False
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        timed = cohort.with_columns(**{DURATION: achieved(study, records, cohort)})
        try:
            ranks, tried = _ranks(timed, boundaries(study))
            corrected = selected_cuts(timed, DURATION, n_cuts=len(ranks), permutations=PERMUTATIONS, seed=SEED)
        except CannotEstimate as refusal:
            reasons.append(str(refusal))
            continue
        judged = True
        first = [rank is not None and rank <= max(1.0, STANDS_OUT * tried) for rank in ranks.values()]
        if not searched and not any(first):
            continue
        naive = answers.ask(Analysis(declared_design(study), outcome, "log_rank"))
        evidence: dict[str, Any] = {
            "outcome": outcome_name(study, outcome),
            "cuts": joined(
                speak("{cut:g} {unit}: rank {rank} of {tried}", cut=cut, unit=unit, rank=rank, tried=tried)
                if rank is not None
                else speak("{cut:g} {unit}: too near the end to be ranked", cut=cut, unit=unit)
                for unit in [unit_words(study.treatment.unit)]
                for cut, rank in ranks.items()
            ),
            "ranks": {f"{cut:g}": rank for cut, rank in ranks.items()},
            "tried": tried,
            "naive": p_words(naive.p_value) if isinstance(naive, Test) else speak("no p-value"),
            "naive_p": naive.p_value if isinstance(naive, Test) else None,
            "corrected": p_words(corrected.p_value),
            "corrected_p": corrected.p_value,
            "best": speak(", ").join(f"{cut:g}" for cut in corrected.settings["cuts"]),
            "unit": unit_words(study.treatment.unit),
        }
        if searched:
            yield _searched(study, timed, evidence, one_cut=len(ranks) == 1)
        else:
            yield seen(
                Severity.INFO,
                "{outcome}: the declared boundaries are among the cuts of these data that separate survival best ({cuts}). "
                "Had they been searched, the p-value would be {corrected} and not {naive}.",
                evidence=evidence,
                remedy="Say in the paper where the boundaries come from and when they were fixed; if these data had a part in "
                'it, set [treatment] cut_source = "data".',
                where=study.place("treatment.cut_source"),
            )
    if searched and not judged:
        yield seen(
            Severity.ERROR,
            "The boundaries were chosen in these data, and no p-value that knows of the search can be had: {reason}",
            evidence={"reason": reasons[0] if reasons else speak("no cohort could be built for any outcome")},
            remedy="Do not test groups made by such boundaries; show the duration as a number ([emulation] does, month by month), or take boundaries from elsewhere and say so in [treatment] cut_source.",
            where=study.place("treatment.cut_source"),
        )
    elif not judged:
        raise NotJudged(reasons[0] if reasons else speak("no cohort could be built for any outcome"))


def _searched(study: Study, timed: Cohort, evidence: dict[str, Any], *, one_cut: bool) -> Seen:
    what = (
        "{outcome}: the boundaries were chosen in these data ({cuts}; the best would be {best} {unit}). The test of the groups "
        "says {naive} and forgets the search; one that searches again says {corrected}."
    )
    if one_cut:
        try:
            stable = selected_cut_stability(timed, DURATION, replicates=REPLICATES, seed=SEED)
        except CannotEstimate as refusal:
            evidence["no_optimism"] = str(refusal)
        else:
            evidence |= {
                "apparent": float(np.exp(stable.settings["log_hazard_ratio"])),
                "less": float(np.exp(stable.settings["corrected_log_hazard_ratio"])),
                "low": stable.settings["cut_low"],
                "high": stable.settings["cut_high"],
            }
            what = (
                "{outcome}: the boundaries were chosen in these data ({cuts}; the best would be {best} {unit}). The test of "
                "the groups says {naive} and forgets the search; one that searches again says {corrected}. Less its optimism "
                "the hazard ratio of the best cut is {less:.2f} and not {apparent:.2f}; searched again in other samples the "
                "cut falls between {low:.1f} and {high:.1f} {unit}."
            )
    return seen(
        Severity.ERROR,
        what,
        evidence=evidence,
        remedy="Keep the duration as a number (durata.spline, or [emulation] month by month), print the corrected p-value, and confirm the boundary in other patients.",
        where=study.place("treatment.cut_source"),
    )


def _ranks(timed: Cohort, cuts: tuple[float, ...]) -> tuple[dict[float, int | None], int]:
    """The rank of each boundary among the admissible cuts by the size of its statistic, and how many cuts there are."""
    rows = cut_statistics(timed, DURATION).rows()
    value = np.array([row["value"] for row in rows])
    size = np.abs([row["statistic"] for row in rows])
    column = timed.column(DURATION)
    if isinstance(column, Category):
        raise CannotEstimate(speak("The duration is not a number."))
    ranks: dict[float, int | None] = {}
    for cut in cuts:
        below = column[column <= cut * (1 + 1e-12)]
        at = np.flatnonzero(value == below.max()) if len(below) else np.array([], dtype=np.intp)
        ranks[cut] = None if len(at) == 0 else 1 + int(np.count_nonzero(size > size[at[0]]))
    return ranks, len(rows)


@rule("K03", "number-cut-into-groups", since="0.2", reference=ROYSTON)
def number_cut_into_groups(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """Cutting a number into groups treats the day before a boundary and the day after as different, and a year apart as alike.

    What is lost is power, and confounding within the groups of a covariate that was cut is left in.
    """
    design = declared_design(study)
    tests, spread, judged = {}, 0.0, False
    for outcome in study.outcomes:
        cohort = answers.cohort(design, outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        judged = True
        duration = achieved(study, records, cohort)
        within = [duration[cohort.group.codes == code] for code in range(len(cohort.group.levels))]
        spread = max([spread, *(float(np.ptp(some)) for some in within if len(some))])
        tests[outcome] = _beyond(cohort.with_columns(**{DURATION: duration}), "group", DURATION)
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))
    if spread > 1:
        yield _lost(
            tests,
            {
                "parts": joined(
                    speak("{outcome} {test}", outcome=outcome_name(study, outcome), test=_test_words(test))
                    for outcome, test in tests.items()
                ),
                "spread": spread,
                "unit": unit_words(study.treatment.unit),
            },
            "Durations are compared in groups, within which they differ by up to {spread:.1f} {unit}. Does the duration tell "
            "more than its group (a spline beside the groups)? {parts}.",
            "Show survival along the duration as a number beside the groups: [emulation] does so month by month from everybody who started.",
        )
    yield from _covariates_cut(study, answers)


def _lost(tests: dict[str, Test | str], evidence: dict[str, Any], what: str, remedy: str) -> Seen:
    p_values = {name: test.p_value for name, test in tests.items() if isinstance(test, Test)}
    matters = any(p < SAME for p in p_values.values())
    severity = Severity.WARNING if matters else Severity.INFO
    return seen(severity, what, evidence={**evidence, "p_values": p_values}, remedy=remedy)


def _covariates_cut(study: Study, answers: Answers) -> Iterator[Seen]:
    """Categories of a model that are a declared number cut up, though the number itself was there to use."""
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        tests: dict[str, Test | str] = {}
        parts = []
        for name in adjustment(study, outcome):
            number = _number_behind(study, cohort, name)
            if number is None:
                continue
            tests[name] = _beyond(cohort, name, number)
            parts.append(
                speak(
                    "{category} is {number} cut up, {test}",
                    category=covariate_name(study, name),
                    number=covariate_name(study, number),
                    test=_test_words(tests[name]),
                )
            )
        if tests:
            yield _lost(
                tests,
                {"outcome": outcome_name(study, outcome), "parts": joined(parts)},
                "{outcome}: the model holds numbers cut into categories (p of what the number tells beyond its category): "
                "{parts}.",
                "Put the number itself into [models] adjust.",
            )


def _number_behind(study: Study, cohort: Cohort, name: str) -> str | None:
    """The declared number of which a category is a cut: its levels follow each other along the number, without overlap."""
    column = cohort.column(name)
    if not isinstance(column, Category):
        return None
    for other, declared in study.covariates.items():
        number = cohort.column(other) if declared.type == "number" else None
        if number is None or isinstance(number, Category):
            continue
        known = ~np.isnan(number) & ~column.missing
        if len(np.unique(number[known])) < 10 or len(np.unique(column.codes[known])) < 2:
            continue
        spans = sorted(
            (float(some.min()), float(some.max()))
            for some in (number[known & (column.codes == code)] for code in range(len(column.levels)))
            if len(some)
        )
        if all(before[1] < after[0] for before, after in pairwise(spans)):
            return other
    return None


def _beyond(cohort: Cohort, category: str, number: str) -> Test | str:
    """The test of what a spline of a number adds to its category, or why there is none."""
    column = cohort.column(number)
    known = cohort if isinstance(column, Category) else cohort.select(~np.isnan(column))
    try:
        terms: list[TermLike] = [category]
        return likelihood_ratio_test(cox(known, terms), cox(known, [*terms, spline(number, 3)]))
    except CannotEstimate as refusal:
        return str(refusal)


def _test_words(test: Test | str) -> str:
    return (
        p_words(test.p_value) if isinstance(test, Test) else speak("not testable ({reason})", reason=test.rstrip(".。"))
    )
