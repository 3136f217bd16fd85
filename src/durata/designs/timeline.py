"""Each patient's timeline from the start of treatment: when it ended, when observation ended, with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.cohort import Column, Weights
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak
from durata.records.flow import Flow
from durata.records.records import Records
from durata.study.types import Outcome, Study

EVENT, COMPETING = 1, 2


@dataclass(frozen=True, eq=False)
class Timeline:
    """Times in days since the start of treatment, arrays (n,) over the patients who can be placed in time.

    ``person`` is the position in the records. ``end`` is when treatment ended, ``inf`` when it never was seen
    to end; ``exit`` is the end of observation; ``event`` says whether that was the event, ``cause`` whether the event (1),
    a declared competing event (2) or neither (0), None where none is declared. ``group`` is the group
    of the achieved duration (-1 when treatment never ended or the duration falls between groups).
    """

    person: IntArray
    end: FloatArray
    exit: FloatArray
    event: BoolArray
    group: Category
    covariates: Mapping[str, Column]
    weights: Weights | None
    flow: Flow
    cause: IntArray | None = None

    def keep(self, mask: BoolArray, reason: str) -> Timeline:
        """The timeline without those outside ``mask``, who leave the flow for ``reason``."""
        if mask.all():
            return self
        gone = tuple(int(p) for p in self.person[~mask])
        if not mask.any():
            raise CannotEstimate(speak("Nobody is left: {reason} ({n} of {n} patients).", reason=reason, n=len(gone)))
        return Timeline(
            self.person[mask],
            self.end[mask],
            self.exit[mask],
            self.event[mask],
            self.group[mask],
            {name: column[mask] for name, column in self.covariates.items()},
            None if self.weights is None else Weights(self.weights.values[mask], self.weights.kind),
            self.flow.without(reason, gone),
            None if self.cause is None else self.cause[mask],
        )


def timeline(study: Study, records: Records, outcome: str, counts: IntArray | None = None) -> Timeline:
    """Place every patient in time, from the start of treatment.

    ``counts`` (n,) says how often each patient of the records was drawn (a bootstrap replicate); patients drawn
    more than once carry a frequency weight, those not drawn are absent. Raises CannotEstimate when nobody is left.
    """
    if outcome not in study.outcomes:
        raise CannotEstimate(
            speak(
                "The study declares no outcome {outcome!r}; it has {outcomes}.",
                outcome=outcome,
                outcomes=speak(", ").join(study.outcomes),
            )
        )
    declared = study.outcomes[outcome]
    start = records.dates[study.treatment.start]
    ended = records.dates[study.treatment.end] - start
    end = np.where(np.isnan(ended), np.inf, ended)
    exit_, event, cause = observation(study, records, declared, start, end)

    n = len(records)
    full = Timeline(
        person=np.arange(n),
        end=end,
        exit=exit_,
        event=event,
        group=duration_group(study, end),
        covariates={**records.numbers, **records.categories},
        weights=None if counts is None else Weights(counts.astype(np.float64), "frequency"),
        flow=records.flow,
        cause=cause,
    )
    if counts is not None:
        full = full.keep(counts > 0, speak("not drawn in this replicate"))
    label = declared.label or outcome
    return full.keep(np.isfinite(full.exit), speak("no follow-up recorded for {label}", label=label))


def observation(
    study: Study, records: Records, declared: Outcome, start: FloatArray, end: FloatArray
) -> tuple[FloatArray, BoolArray, IntArray | None]:
    """When observation for an outcome ended, (n,) days since the start of treatment, whether with the event, and the cause.

    The cause is None where the outcome declares no competing events. Observation ends with the first of them; on the
    day of the event itself the event counts.
    """
    if declared.event is not None and declared.censor is not None:
        events = np.stack([records.dates[column] for column in declared.event])
        first = np.where(np.isnan(events), np.inf, events).min(axis=0)
        happened = np.isfinite(first)
        if not declared.competing:
            return np.where(happened, first, records.dates[declared.censor]) - start, happened, None
        dates = np.stack([records.dates[column] for column in declared.competing])
        other = np.where(np.isnan(dates), np.inf, dates).min(axis=0)
        happened &= first <= other
        ended = np.minimum(first, other)
        cause = np.where(happened, EVENT, np.where(np.isfinite(other), COMPETING, 0))
        return np.where(cause > 0, ended, records.dates[declared.censor]) - start, happened, cause
    if declared.status is None or declared.event_codes is None:
        raise CannotEstimate(speak("The outcome declares neither event dates nor a status."))
    status = records.categories[declared.status]
    codes = {str(code) for code in declared.event_codes}
    is_event = np.array([level in codes for level in status.levels] + [False])
    happened = is_event[status.codes]
    others = {str(code) for code in declared.competing_codes or ()}
    is_other = np.array([level in others for level in status.levels] + [False])
    by_code = np.where(happened, EVENT, np.where(is_other[status.codes], COMPETING, 0)) if others else None
    if declared.date is not None:
        exit_ = records.dates[declared.date] - start
    else:
        days = records.numbers[str(declared.time)] * study.study.days(declared.unit)
        exit_ = days if study.time.zero == "start" else end + days
    return np.where(status.missing, np.nan, exit_), happened & ~status.missing, by_code


def duration_group(study: Study, end: FloatArray) -> Category:
    """The declared group of each achieved duration (days), windows (from, to], the first including 0."""
    length = study.study.days(study.treatment.unit)
    codes = np.full(len(end), -1, dtype=np.intp)
    for code, group in enumerate(study.treatment.groups):
        # compared in days with a hair of slack, so that 6 x 30.4375 days is "6 months" in floating point too
        low = group.from_ * length * (1 + 1e-12)
        high = np.inf if group.to is None else group.to * length * (1 + 1e-12)
        inside = (end > low) & (end <= high) & np.isfinite(end)
        if code == 0:
            inside |= (end == 0) & (group.from_ == 0)
        codes[inside] = code
    return Category(codes, tuple(group.name for group in study.treatment.groups))
