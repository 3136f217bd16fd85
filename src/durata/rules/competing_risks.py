"""Rule L03: an event that makes another impossible, counted as if the other could still come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.estimate.competing import cumulative_incidence
from durata.estimate.curves import kaplan_meier
from durata.estimate.plan import declares_competing
from durata.estimate.result import Curve
from durata.finding import CannotEstimate, Severity
from durata.kernels.arrays import BoolArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import joined, outcome_name, unit_words
from durata.study.types import Outcome, Study

COMPETING = 2
BEYOND = 0.1


@dataclass(frozen=True, eq=False)
class Other:
    """Another declared outcome that ended the observation of this one: its name and, (n,), in whom."""

    outcome: str
    ended: BoolArray


@rule(
    "L03",
    "deaths-counted-as-if-still-at-risk",
    since="0.2",
    reference="Andersen PK, Geskus RB, de Witte T, Putter H (2012) Int J Epidemiol 41:861-870; Austin PC, Lee DS, Fine JP (2016) "
    "Circulation 133:601-609; Young JG et al. (2020) Stat Med 39:1199-1236",
)
def deaths_counted_as_if_still_at_risk(study: Study, records: Records, answers: Answers) -> Iterator[Seen]:
    """One minus Kaplan-Meier counts the dead as if they could still recur: it shows more recurrences than there are.

    The group in which more die of something else is shown too many; its hazard ratio answers another question.
    """
    if len(study.outcomes) < 2:
        raise NotJudged(speak("needs a second outcome: with one alone it cannot be seen what makes it impossible"))
    judged = False
    for name, declared in study.outcomes.items():
        cohort = answers.cohort(declared_design(study), name)
        if isinstance(cohort, Refused):
            continue
        judged = True
        if declares_competing(study, name):
            continue  # faced: the report shows its cumulative incidence
        other = _ended_by(study, records, cohort, name, declared)
        if other is None:
            continue
        yield _said(study, cohort, name, other)
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))


def _ended_by(study: Study, records: Records, cohort: Cohort, name: str, declared: Outcome) -> Other | None:
    """The outcome that ended the observation of most patients without the event, if one did."""
    found = []
    for other, its in study.outcomes.items():
        if other == name:
            continue
        ended = _by_date(records, cohort, declared, its) if declared.event else _by_code(records, cohort, declared, its)
        if ended is not None and ended.any():
            found.append(Other(other, ended))
    return max(found, key=lambda one: int(one.ended.sum()), default=None)


def _by_date(records: Records, cohort: Cohort, declared: Outcome, its: Outcome) -> BoolArray | None:
    """In whom an event date of the other outcome, no event of this one, ended observation; None if it ends nobody's.

    It ends observation for good when hardly anybody is observed beyond it: death does, a recurrence does not.
    """
    columns = [column for column in its.event or () if column not in (declared.event or ())]
    if not columns or declared.censor is None:
        return None
    days = np.stack([records.dates[column] for column in columns])
    first = np.where(np.isnan(days), np.inf, days).min(axis=0)
    censored = records.dates[declared.censor]
    happened = np.isfinite(first)
    followed = np.where(np.isfinite(censored), censored, -np.inf)
    last = np.max([followed, *(np.nan_to_num(records.dates[c], nan=-np.inf) for c in declared.event or ())], axis=0)
    if np.count_nonzero(happened & (last > first)) > BEYOND * np.count_nonzero(happened):
        return None
    ended: BoolArray = ~cohort.event & (happened & (censored >= first))[cohort.person]
    return ended


def _by_code(records: Records, cohort: Cohort, declared: Outcome, its: Outcome) -> BoolArray | None:
    """In whom the same status column has a code of the other outcome that is none of this one's."""
    same = declared.status is not None and its.status == declared.status
    if not same or (declared.date, declared.time) != (its.date, its.time):
        return None
    codes = {str(code) for code in its.event_codes or ()} - {str(code) for code in declared.event_codes or ()}
    status = records.categories[str(declared.status)]
    has = np.array([level in codes for level in status.levels] + [False])
    ended: BoolArray = ~cohort.event & has[status.codes][cohort.person]
    return ended


def _said(study: Study, cohort: Cohort, name: str, other: Other) -> Seen:
    evidence: dict[str, object] = {
        "outcome": outcome_name(study, name),
        "other": outcome_name(study, other.outcome),
        "n": int(other.ended.sum()),
        "events": cohort.n_events,
        "unit": unit_words(study.study.time_unit),
    }
    rows = _sizes(study, cohort, other) if cohort.n_events else []
    what = (
        "{outcome}: observation of {n} patients without it ended by {other}, beside {events} who had it; they are counted as if "
        "it could still have come."
    )
    if rows:
        what = (
            "{outcome}: observation of {n} patients without it ended by {other}, beside {events} who had it; they are counted as "
            "if it could still have come. Share with it by one minus Kaplan-Meier, and as it is (Aalen-Johansen): {parts}."
        )
        evidence |= {
            "sizes": tuple(rows),
            "parts": joined(
                speak("{group} at {at:.0f} {unit} {naive:.1f}% and {incidence:.1f}%", **row) for row in rows
            ),
        }
    return seen(
        Severity.WARNING,
        what,
        evidence=evidence,
        remedy="Let the outcome count both ([outcomes] event with both dates), or declare the other as competing ([outcomes] "
        "competing with its dates, competing_codes with its codes): the report then compares cumulative incidences.",
        where=study.place(f"outcomes.{name}"),
        people=tuple(int(person) for person in cohort.person[other.ended]),
    )


def _sizes(study: Study, cohort: Cohort, other: Other) -> list[dict[str, object]]:
    """By group, at the last horizon (the last event without one): one minus Kaplan-Meier beside the cumulative incidence."""
    length = study.study.days(study.study.time_unit)
    at = study.horizons.at[-1] * length if study.horizons.at else float(cohort.exit[cohort.event].max())
    cause = np.where(cohort.event, 1, np.where(other.ended, COMPETING, 0)).astype(np.intp)
    try:
        naive = kaplan_meier(cohort, by="group")
        truth = cumulative_incidence(replace(cohort, cause=cause), by="group", cause=1)
    except CannotEstimate:
        return []
    incidence = _read(truth, at)
    return [
        {
            "group": group,
            "at": at / length,
            "unit": unit_words(study.study.time_unit),
            "naive": 100 * (1 - survival),
            "incidence": 100 * incidence[group],
        }
        for group, survival in _read(naive, at).items()
        if group in incidence
    ]


def _read(curve: Curve, at: float) -> dict[str, float]:
    """A curve by group at one time, without the groups that it does not reach."""
    return {
        str(row["group"]): float(row["estimate"])
        for row in curve.at([at]).rows()
        if isinstance(row.get("estimate"), int | float)
    }
