"""Drawn curves: patients rebuilt from them, and the figures of those patients beside the printed ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.audit.figures import CurveFigure, Figures
from durata.audit.printed import printed
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said
from durata.cohort import Cohort
from durata.estimate.cox import cox
from durata.estimate.curves import kaplan_meier
from durata.estimate.reconstruction import DigitisedCurve, reconstruct_patients
from durata.estimate.tests import log_rank
from durata.finding import CannotEstimate

READ_OFF = 0.02  # how far a point of a printed curve may be misread


def drawn_curves(figures: Figures) -> Iterator[Seen]:
    """A23: survival at the horizons, log-rank test and hazard ratios of the rebuilt patients."""
    for outcome in figures.outcomes:
        rows = [(k, curve) for k, curve in enumerate(figures.curves) if curve.outcome == outcome]
        if not rows:
            continue
        keys = ("curves", rows[0][0])
        curves = {curve.group: _digitised(curve) for _, curve in rows}
        try:
            cohort = reconstruct_patients(curves, unit=figures.study.time_unit)
        except CannotEstimate as refusal:
            yield said("A23", OPEN, "{outcome}: {reason}", keys=keys, warn=True, outcome=outcome, reason=str(refusal))
            continue
        for note in cohort.notes:
            yield said("A23", OPEN, note.what, note.remedy, keys=keys, warn=True, **note.evidence)
        yield from _at_horizons(figures, outcome, cohort, {curve.group: k for k, curve in rows})
        if len(curves) > 1:
            yield from _compared(outcome, cohort, keys)


def _digitised(curve: CurveFigure) -> DigitisedCurve:
    return DigitisedCurve(curve.times, curve.survival, curve.risk_times, curve.at_risk, curve.events)


def _at_horizons(figures: Figures, outcome: str, cohort: Cohort, index: dict[str, int]) -> Iterator[Seen]:
    curve = kaplan_meier(cohort, by="group")
    for row in figures.survival:
        if row.outcome != outcome or row.group not in index:
            continue
        if row.at > curve.group(row.group).until:
            continue
        own = float(str(curve.at([row.at]).rows()[list(index).index(row.group)]["estimate"]))
        number = printed(row.percent)
        low, high = _drawn(figures.curves[index[row.group]], row.at)
        near = low <= float(number.high) / 100 + READ_OFF and float(number.low) / 100 - READ_OFF <= high
        yield said(
            "A23",
            COHERENT if near else INCOHERENT,
            "{outcome} at {at:g}, {group}: the drawn curve gives {own:.1f}%; {printed}% is printed.",
            "" if near else "Read the curve again, or check the percentage.",
            keys=("curves", index[row.group]),
            outcome=outcome,
            at=row.at,
            group=row.group,
            own=100 * own,
            printed=row.percent,
        )


def _drawn(curve: CurveFigure, at: float) -> tuple[float, float]:
    """What the drawn curve leaves open at a time: between the points before and after it, the axis misread a little."""
    before = [s for t, s in zip(curve.times, curve.survival, strict=True) if t <= at * (1 - READ_OFF)]
    after = [s for t, s in zip(curve.times, curve.survival, strict=True) if t >= at * (1 + READ_OFF)]
    return (after[0] if after else curve.survival[-1]), (before[-1] if before else 1.0)


def _compared(outcome: str, cohort: Cohort, keys: tuple[str | int, ...]) -> Iterator[Seen]:
    if not np.any(cohort.event):
        yield said("A23", OPEN, "{outcome}: the drawn curves have no event.", keys=keys, outcome=outcome)
        return
    test = log_rank(cohort)
    yield said(
        "A23",
        COHERENT,
        "{outcome}: rebuilt patients ({n}, {events} events): log-rank chi-squared {statistic:.2f}, P={p:.4f}.",
        keys=keys,
        outcome=outcome,
        n=len(cohort),
        events=cohort.n_events,
        statistic=test.statistic,
        p=test.p_value,
    )
    try:
        effects = cox(cohort, ["group"])
    except CannotEstimate as refusal:
        yield said("A23", OPEN, "{outcome}: {reason}", keys=keys, outcome=outcome, reason=str(refusal))
        return
    low, high = effects.interval()
    levels = cohort.group.levels if cohort.group is not None else ()
    for k, level in enumerate(levels[1:]):
        yield said(
            "A23",
            COHERENT,
            "{outcome}, {group} against {versus}: rebuilt patients give a hazard ratio of {ratio:.3f} (95% CI {low:.3f} to "
            "{high:.3f}).",
            keys=keys,
            outcome=outcome,
            group=level,
            versus=levels[0],
            ratio=float(np.exp(effects.estimate[k])),
            low=float(np.exp(low[k])),
            high=float(np.exp(high[k])),
        )
