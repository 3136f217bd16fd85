"""Rules K02 and K04: durations that fall between groups, heap at round months, or change group with the length of a month."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.designs.timeline import duration_group
from durata.estimate.analysis import Answers, Refused
from durata.finding import Severity
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.cutpoints import achieved, boundaries
from durata.rules.group_hazards import group_model, ratio_numbers, ratio_words, ratios
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import joined, outcome_name, unit_words
from durata.study.types import Study

HEAPED = 0.5  # share of durations on a multiple of three months; a third is expected
FEWEST = 20
NEAR = 0.5
MONTHS = {"30 days": 30.0, "30.4375 days": 30.4375, "31 days": 31.0}


@rule(
    "K02",
    "durations-at-the-boundary",
    since="0.2",
    reference="Heitjan DF, Rubin DB (1990) J Am Stat Assoc 85:304-314; Royston P, Altman DG, Sauerbrei W (2006) Stat Med 25:127-141",
)
def durations_at_the_boundary(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """Where durations heap at a boundary or fall between two groups, a rounding decides who is in which."""
    days = records.dates[study.treatment.end] - records.dates[study.treatment.start]
    duration = days[np.isfinite(days)] / study.study.days(study.treatment.unit)
    if not len(duration):
        raise NotJudged(speak("needs patients whose treatment ended"))
    unit, cuts = study.treatment.unit, boundaries(study)
    between = [
        (before.to, after.from_)
        for before, after in zip(study.treatment.groups, study.treatment.groups[1:], strict=False)
        if before.to is not None and after.from_ > before.to
    ]
    in_gaps = sum(int(np.count_nonzero((duration > low) & (duration <= high))) for low, high in between)
    near = np.zeros(len(duration), dtype=np.bool_)
    for cut in cuts:
        near |= np.abs(duration - cut) <= NEAR
    share = _heaping(duration) if unit == "months" else None
    evidence: dict[str, Any] = {
        "in_gaps": in_gaps,
        "near": int(near.sum()),
        "near_share": float(near.mean()),
        "heaping": share,
        "unit": unit_words(unit),
    }
    parts = []
    if in_gaps:
        parts.append(
            speak(
                "{n} duration(s) fall between two groups ({gaps} {unit}) and are in none",
                n=in_gaps,
                gaps=speak(", ").join(speak("{low:g} to {high:g}", low=low, high=high) for low, high in between),
                unit=unit_words(unit),
            )
        )
    if share is not None and share >= HEAPED:
        parts.append(
            speak(
                "{percent:.0f}% of durations are a multiple of 3 months to the nearest month, where a third is expected",
                percent=100 * share,
            )
        )
    parts += _moved(study, records, answers, evidence)
    if parts:
        evidence["parts"] = joined(parts)
        evidence["percent"] = 100 * float(near.mean())
        evidence["cuts"] = speak(", ").join(f"{cut:g}" for cut in cuts)
        yield seen(
            Severity.WARNING,
            "The boundaries at {cuts} {unit} are fragile: {parts}. {near} duration(s) ({percent:.0f}%) lie within half a "
            "unit of one.",
            evidence=evidence,
            remedy="Take durations from dates ([treatment] start and end) and not from rounded months, let each group begin where the one before it ends, and print the hazard ratios for boundaries moved by one unit.",
            where=study.place("treatment.groups"),
        )


def _heaping(duration: FloatArray) -> float | None:
    """The share of durations that are a multiple of 3 to the nearest month; None for fewer than 20 of a month or more."""
    rounded = np.round(duration[duration >= 1])
    return None if len(rounded) < FEWEST else float(np.mean(rounded % 3 == 0))


def _moved(study: Study, records: Records, answers: Answers, evidence: dict[str, Any]) -> list[str]:
    """In words, the outcomes whose hazard ratios are clear under some of the boundaries moved by one unit and not under others."""
    said, table = [], {}
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        models = {
            shift: group_model(study, moved)
            for shift in (-1.0, 0.0, 1.0)
            if (moved := _regrouped(study, records, cohort, shift)) is not None
        }
        table[outcome] = {f"{shift:+g}": ratio_numbers(model) for shift, model in models.items()}
        directions: dict[str, set[int]] = {}
        for model in models.values():
            for one in ratios(model):
                directions.setdefault(one.level, set()).add(one.direction)
        if any(len(found) > 1 for found in directions.values()):
            said.append(
                speak(
                    "{outcome}, a conclusion hangs on the boundary: hazard ratios {table}",
                    outcome=outcome_name(study, outcome),
                    table=joined(
                        speak("moved by {shift:+g}: {ratios}", shift=shift, ratios=ratio_words(model))
                        if shift
                        else speak("as declared: {ratios}", ratios=ratio_words(model))
                        for shift, model in models.items()
                    ),
                )
            )
    evidence["hazard_ratios"] = table
    return said


def _regrouped(study: Study, records: Records, cohort: Cohort, shift: float) -> Cohort | None:
    """The cohort grouped by boundaries moved by ``shift`` units; None where they cannot be moved so far."""
    groups = []
    for group in study.treatment.groups:
        low = group.from_ if group.from_ == 0 else group.from_ + shift
        high = None if group.to is None else group.to + shift
        if (high is not None and high <= max(low, 0)) or (group.from_ > 0 and low <= 0):
            return None
        groups.append(group.model_copy(update={"from_": low, "to": high}))
    treatment = study.treatment.model_copy(update={"groups": tuple(groups)})
    moved = study.model_copy(update={"treatment": treatment})
    days = achieved(study, records, cohort) * study.study.days(study.treatment.unit)
    group_of = duration_group(moved, days)
    inside = group_of.codes >= 0
    if len(np.unique(group_of.codes[inside])) < 2:
        return None
    return cohort.select(inside, group=group_of[inside])


@rule(
    "K04",
    "length-of-a-month-not-declared",
    since="0.2",
    reference="Lang TA, Altman DG (2015) Int J Nurs Stud 52:5-9",
)
def length_of_a_month_not_declared(study: Study, records: Records) -> Iterator[Seen]:
    """A month of 30 days and one of 30.4 put patients near a boundary into different groups.

    Someone who repeats the study cannot know which was meant.
    """
    if study.treatment.unit != "months" or "month_days" in study.study.model_fields_set:
        return
    days = records.dates[study.treatment.end] - records.dates[study.treatment.start]
    ended = np.isfinite(days)
    if not ended.any():
        raise NotJudged(speak("needs patients whose treatment ended"))
    groups = {
        words: duration_group(
            study.model_copy(update={"study": study.study.model_copy(update={"month_days": length})}), days[ended]
        )
        for words, length in MONTHS.items()
    }
    codes = np.stack([group.codes for group in groups.values()])
    moves = np.any(codes != codes[0], axis=0)
    if not moves.any():
        return
    sizes = {
        words: {level: int(np.count_nonzero(group.codes == code)) for code, level in enumerate(group.levels)}
        for words, group in groups.items()
    }
    yield seen(
        Severity.WARNING,
        "The groups are in months, and how long a month is was not declared: {moves} of {n} patients change their group "
        "between a month of 30, 30.4375 and 31 days ({parts}).",
        evidence={
            "moves": int(moves.sum()),
            "n": int(ended.sum()),
            "sizes": sizes,
            "parts": joined(
                speak(
                    "{days:g} days: {groups}",
                    days=length,
                    groups=speak(", ").join(f"{level} {count}" for level, count in sizes[words].items()),
                )
                for words, length in MONTHS.items()
            ),
        },
        remedy="Declare it: [study] month_days = 30.4375 is 365.25 / 12; and say it in the methods.",
        where=study.place("study"),
        people=tuple(int(person) for person in np.flatnonzero(ended)[moves]),
    )
