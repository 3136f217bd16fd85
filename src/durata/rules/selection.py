"""Rules S: whether the patients compared are those who started treatment, or those who came through it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from durata.designs.catalogue import declared_design
from durata.designs.timeline import timeline
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.plan import BY_GROUP
from durata.estimate.primary import grouping_is_beside
from durata.estimate.result import Curve
from durata.estimate.sensitivity import tipping_point
from durata.finding import Severity
from durata.language.speaking import speak
from durata.records.eligibility import satisfies
from durata.records.records import Records
from durata.rules.question import gravity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name, unit_words
from durata.study.types import Study

REFERENCE = (
    "Hernan MA, Hernandez-Diaz S, Robins JM (2004) Epidemiology 15:615-625; Manski CF (1990) Am Econ Rev 80:319-323"
)


@rule("S01", "only-those-whose-treatment-ended", since="0.2", reference=REFERENCE)
def only_those_whose_treatment_ended(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """Whoever died, progressed or was lost before the end of treatment is missing from the groups, and not at random.

    Longer durations leave more time to drop out, so the long groups hold those who did well; how many unseen patients
    would undo a difference can be counted, not who they were.
    """
    ended = np.isfinite(records.dates[study.treatment.end])
    if not ended.any():
        raise NotJudged(speak("needs patients whose treatment ended"))
    if ended.all():
        if study.study.population != "started":
            yield _none_in_the_file(study, records, answers)
        return
    yield from _left_out(study, records, answers)


def _none_in_the_file(study: Study, records: Records, answers: Answers) -> Seen:
    tipping = [row for outcome in study.outcomes for row in _tipping(study, answers, outcome)]
    evidence: dict[str, Any] = {
        "n": len(records),
        "end": study.treatment.end_name,
        "population": study.study.population or "",
        "tipping": tuple(tipping),
        "parts": joined(
            speak(
                "{outcome} at {at:g} {unit}, {better} {survival:.1f}% against {other} {reference:.1f}%: {patients} unseen "
                "patients beside the {n} of {better} ({share:.0f}% of both together)",
                **row,
            )
            for row in tipping
        ),
    }
    what = (
        "All {n} patients of the file reached {end}; those who started and never reached it are not in it, so what they "
        "would have shown cannot be estimated."
    )
    if tipping:
        what = (
            "All {n} patients of the file reached {end}; those who started and never reached it are not in it, so what "
            "they would have shown cannot be estimated. If all of them had had the event, a difference would be undone by: "
            "{parts}."
        )
    return seen(
        gravity(study),
        what,
        evidence=evidence,
        remedy='Add everybody who started treatment, with no date of {end} where it never came, and set [time] zero = "start"; '
        'if everybody who started did reach {end}, say so by [study] population = "started".',
        where=study.place("study.population") if study.study.population else None,
    )


def _tipping(study: Study, answers: Answers, outcome: str) -> list[dict[str, Any]]:
    """For each group against the reference: how many unseen patients who all had the event undo the better survival."""
    if not study.horizons.at:
        return []
    curve = answers.ask(Analysis(declared_design(study), outcome, "kaplan_meier", BY_GROUP))
    if not isinstance(curve, Curve):
        return []
    at, length = study.horizons.at[-1], study.study.days(study.study.time_unit)
    survival = {str(row["group"]): row["estimate"] for row in curve.at(at * length).rows()}
    cohort = answers.cohort(declared_design(study), outcome)
    reference = study.treatment.reference or study.treatment.groups[0].name
    if isinstance(cohort, Refused) or cohort.group is None or survival.get(reference) is None:
        return []
    found = []
    for level, value in survival.items():
        if level == reference or value is None or value == survival[reference]:
            continue
        better, other = (level, reference) if value > survival[reference] else (reference, level)
        n = len(np.unique(cohort.person[cohort.group.codes == cohort.group.levels.index(better)]))
        if survival[other] <= 0:
            continue  # no number of the dead brings a survival above 0 down to it
        tip = tipping_point(survival[better], survival[other], n).rows()[0]
        found.append(
            {
                "outcome": outcome_name(study, outcome),
                "at": at,
                "unit": unit_words(study.study.time_unit),
                "better": better,
                "other": other,
                "survival": 100 * survival[better],
                "reference": 100 * survival[other],
                "n": n,
                "patients": tip["n"],
                "share": 100 * tip["estimate"],
            }
        )
    return found


def _left_out(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """The file holds patients who never reached the end; a comparison by achieved duration leaves them out."""
    absent: set[int] = set()
    rows = []
    judged = False
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        judged = True
        line = timeline(study, records, outcome)
        missing = ~np.isfinite(line.end) & ~np.isin(line.person, cohort.person)
        if not missing.any():
            continue
        absent |= {int(person) for person in line.person[missing]}
        here = np.unique(cohort.person)
        rows.append(
            {
                "outcome": outcome_name(study, outcome),
                "n": int(missing.sum()),
                "events": int(np.count_nonzero(line.event & missing)),
                "percent": 100 * float(np.mean(line.event[missing])),
                "compared": len(here),
                "percent_compared": 100 * cohort.n_events / len(here),
            }
        )
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))
    if absent:
        beside = all(grouping_is_beside(study, answers, outcome) for outcome in study.outcomes)
        what = (
            "{absent} of {n} patients who started never reached {end} and are in no duration group. The comparison is "
            "among those who came through: {parts}."
        )
        if beside:
            what = (
                "{absent} of {n} patients who started never reached {end}. The emulated trial holds them; the grouping by "
                "achieved duration, which stands beside it, does not: {parts}."
            )
        yield seen(
            Severity.INFO if beside else gravity(study),
            what,
            evidence={
                "absent": len(absent),
                "n": len(records),
                "end": study.treatment.end_name,
                "by_outcome": tuple(rows),
                "parts": joined(
                    speak(
                        "{outcome} in {events} of the {n} left out ({percent:.0f}%), in {percent_compared:.0f}% of the "
                        "{compared} compared",
                        **row,
                    )
                    for row in rows
                ),
            },
            remedy="Conclude from the emulated trial ([emulation]); print the grouping, if at all, as what was observed."
            if beside
            else "Compare durations only in a design that follows everybody from the start of treatment: declare them as "
            "strategies under [emulation]; the time-dependent analysis holds everybody who started, too.",
            people=tuple(sorted(absent)),
        )


@rule(
    "S02",
    "patients-known-not-to-benefit",
    since="0.2",
    reference="Cashin AG et al. (2025) JAMA doi:10.1001/jama.2025.13350 (eligibility of the target trial)",
)
def patients_known_not_to_benefit(study: Study, records: Records) -> Iterator[Seen]:
    """Patients in whom the treatment cannot work dilute every difference between its durations.

    No trial of duration would have let them in; whether they had long or short treatment says who was tested late.
    """
    condition = study.treatment.no_benefit
    if condition is None:
        raise NotJudged(speak("needs [treatment] no_benefit: the patients in whom the treatment is known not to work"))
    name = condition.covariate
    column = records.categories[name] if name in records.categories else records.numbers[name]
    met, unknown = satisfies(condition, column)
    if not met.any():
        return
    yield seen(
        Severity.INFO,
        "{n} of {of} patients are among those in whom {treatment} is known not to work ({label}); in {unknown} it is not "
        "known.",
        evidence={
            "n": int(met.sum()),
            "of": len(records),
            "unknown": int(unknown.sum()),
            "treatment": study.treatment.name,
            "label": condition.label or covariate_name(study, name),
        },
        remedy="Exclude them under [eligibility] with 'not', and say so; or show the comparison without them beside it.",
        where=study.place("treatment.no_benefit"),
        people=tuple(int(person) for person in np.flatnonzero(met)),
    )
