"""Rule X03: durations that went with the hospital or with the year, so that groups differ in all that these bring."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from durata.category import Category
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answer, Answers, Refused
from durata.estimate.association import table_result
from durata.finding import Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.contingency import cramers_v
from durata.kernels.rank_tests import kruskal_wallis
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.compared import Compared, compared, complete, controlled, declared_terms, varies
from durata.rules.group_hazards import group_model, ratio_numbers, ratio_words
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name, p_words
from durata.study.types import Study
from durata.terms import TermLike, strata

SURE = 0.05
ALMOST_THE_SAME = 0.95
DAYS_IN_YEAR = 365.25
YEAR_OF_START = "year of start"


@rule(
    "X03",
    "durations-that-went-with-place-or-time",
    since="0.2",
    reference="Cole SR, Hernan MA (2008) Am J Epidemiol 168:656-664; Localio AR, Berlin JA, Ten Have TR, Kimmel SE (2001) Ann "
    "Intern Med 135:112-123",
)
def durations_that_went_with_place_or_time(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """Where one hospital or one period treated longer, the groups differ in surgeons, scans and later drugs too.

    Patients of recent years have short durations and short follow-up at once.
    """
    who = compared(study, answers)
    centre = study.confounders.centre or (study.emulation.centre if study.emulation is not None else None)
    judged = False
    if centre is not None and varies(who.column(centre)):
        judged = True
        if centre not in controlled(study):
            yield from _by_centre(study, answers, who, centre)
    start = records.dates[study.treatment.start][who.person]
    if np.isfinite(start).any() and np.ptp(start[np.isfinite(start)]) > 0:
        judged = True
        if not _calendar_is_held(study, who, start):
            yield from _by_calendar(study, answers, who, start)
    if not judged:
        raise NotJudged(speak("needs [confounders] centre with two centres, or patients who started on different days"))


def _by_centre(study: Study, answers: Answers, who: Compared, centre: str) -> Iterator[Seen]:
    column = who.cohort.category(centre).used()
    there = ~column.missing
    table = np.zeros((len(column.levels), len(who.group.levels)))
    np.add.at(table, (column.codes[there], who.group.codes[there]), 1.0)
    tested = table_result(table)
    if not tested.p_value < SURE:
        return
    effects = list(_held(study, answers, centre, None))
    yield seen(
        Severity.WARNING,
        "How long patients were treated went with {centre} ({p}, Cramer's V {v:.2f}): {parts}. Hazard ratios as declared and "
        "stratified by it: {effects}.",
        evidence={
            "centre": covariate_name(study, centre),
            "p": p_words(tested.p_value),
            "v": cramers_v(table),
            "parts": joined(
                speak(
                    "{level}: {shares}",
                    level=level,
                    shares=speak(", ").join(
                        speak("{n:.0f} of {of:.0f} {group}", n=n, of=row.sum(), group=group)
                        for n, group in zip(row, who.group.levels, strict=True)
                    ),
                )
                for level, row in zip(column.levels, table, strict=True)
            ),
            "table": {level: tuple(map(int, row)) for level, row in zip(column.levels, table.tolist(), strict=True)},
            "effects": joined(words for words, _ in effects),
            "hazard_ratios": tuple(numbers for _, numbers in effects),
        },
        remedy="Name it under [models] strata, so that patients are compared within it; or under [emulation] centre and "
        "covariates.",
        where=study.place("models"),
    )


def _by_calendar(study: Study, answers: Answers, who: Compared, start: FloatArray) -> Iterator[Seen]:
    years = 1970 + start / DAYS_IN_YEAR
    samples = [years[(who.group.codes == code) & np.isfinite(years)] for code in range(len(who.group.levels))]
    tested = kruskal_wallis(samples)
    if not tested.p_value < SURE:
        return
    filled = [(level, sample) for level, sample in zip(who.group.levels, samples, strict=True) if len(sample)]
    low, high = max(float(s.min()) for _, s in filled), min(float(s.max()) for _, s in filled)
    outside = int(sum(np.count_nonzero((s < low) | (s > high)) for _, s in filled))
    effects = list(_held(study, answers, None, years))
    yield seen(
        Severity.WARNING,
        "How long patients were treated went with the calendar ({p}): {parts}. {outside} of {n} patients started in years in "
        "which not every group has patients. Hazard ratios as declared and with the year of start in the model: {effects}.",
        evidence={
            "p": p_words(float(tested.p_value)),
            "parts": joined(
                speak(
                    "{level}: started {first:.0f} to {last:.0f}, median {median:.1f}",
                    level=level,
                    first=np.floor(sample.min()),
                    last=np.floor(sample.max()),
                    median=float(np.median(sample)),
                )
                for level, sample in filled
            ),
            "outside": outside,
            "n": len(who),
            "medians": {level: float(np.median(sample)) for level, sample in filled},
            "effects": joined(words for words, _ in effects),
            "hazard_ratios": tuple(numbers for _, numbers in effects),
        },
        remedy="Declare the year of start as a covariate and name it under [models] adjust; or restrict [eligibility] to the "
        "years in which every duration was used.",
        where=study.place("models"),
    )


def _held(
    study: Study, answers: Answers, centre: str | None, years: FloatArray | None
) -> Iterator[tuple[str, dict[str, object]]]:
    """Hazard ratios of each outcome's declared model, and with the centre or the year held fixed."""
    who = compared(study, answers)
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        names, terms = declared_terms(study, outcome)
        names = names if centre is None or centre in names else (*names, centre)
        if years is not None:
            of_person = dict(zip(who.person.tolist(), years.tolist(), strict=True))
            at = np.array([of_person.get(int(person), np.nan) for person in cohort.person])
            cohort, names = cohort.with_columns(**{YEAR_OF_START: at}), (*names, YEAR_OF_START)
        part = complete(cohort, names)
        held = (*terms, YEAR_OF_START) if centre is None else _within(study, outcome, centre)
        without: Answer | Refused = part if isinstance(part, Refused) else group_model(study, part, terms)
        beside: Answer | Refused = part if isinstance(part, Refused) else group_model(study, part, held)
        yield (
            speak(
                "{outcome}: {without}; held fixed {beside}",
                outcome=outcome_name(study, outcome),
                without=ratio_words(without),
                beside=ratio_words(beside),
            ),
            {"outcome": outcome, "without": ratio_numbers(without), "held": ratio_numbers(beside)},
        )


def _within(study: Study, outcome: str, centre: str) -> tuple[TermLike, ...]:
    """The terms of the declared model, the centre among its strata."""
    model = study.models.get(outcome)
    if model is None:
        return (strata(centre),)
    return (*(name for name in model.adjust if name != centre), strata(*dict.fromkeys((*model.strata, centre))))


def _calendar_is_held(study: Study, who: Compared, start: FloatArray) -> bool:
    """Whether the models hold the time of start: a number that goes with it, or a category of periods one after the other."""
    for name in controlled(study):
        column = who.column(name)
        if isinstance(column, Category):
            if _periods(column, start):
                return True
            continue
        both = np.isfinite(column) & np.isfinite(start)
        if np.count_nonzero(both) > 2 and _go_together(column[both], start[both]):
            return True
    return False


def _go_together(first: FloatArray, second: FloatArray) -> bool:
    """Whether two numbers are almost one and the same but for their unit."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return False
    return abs(float(np.corrcoef(first, second)[0, 1])) > ALMOST_THE_SAME


def _periods(column: Category, start: FloatArray) -> bool:
    """Whether the levels of a category follow each other in time without overlap."""
    used = column.used()
    if len(used.levels) < 2:
        return False
    spans = []
    for code in range(len(used.levels)):
        days = start[(used.codes == code) & np.isfinite(start)]
        if len(days):
            spans.append((float(days.min()), float(days.max())))
    spans.sort()
    return len(spans) > 1 and all(before[1] < after[0] for before, after in pairwise(spans))
