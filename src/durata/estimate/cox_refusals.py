"""Why a Cox model cannot be had, in words: no events, a level without events, separation, collinearity, no convergence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from durata.estimate.cox_rows import CoxRows
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray
from durata.kernels.newton import Status
from durata.terms import Columns, Design

REMEDY = "Join it with another level, leave it out, or use a penalised (Firth) estimate."


class Separation(CannotEstimate):
    """The likelihood rises for ever: a coefficient runs to infinity, where a penalised (Firth) estimate is finite."""


class Ended(Protocol):
    """How a fit ended: ``involved`` (p,) are the columns to blame."""

    @property
    def status(self) -> Status:
        """Converged, or why not."""
        ...

    @property
    def involved(self) -> BoolArray:
        """(p,) the columns to blame."""
        ...

    @property
    def iterations(self) -> int:
        """How many steps were taken."""
        ...


def refuse_without_events(design: Design, cohort: Columns, rows: CoxRows) -> None:
    """Raise CannotEstimate when nobody has the event, or nobody of one level of a category does."""
    rows.risk_order()
    for part in design.parts:
        if len(part.codings) > 1 or not part.codings[0].levels:
            continue
        coding = part.codings[0]
        codes = coding.codes(cohort)[rows.rows]
        events = np.bincount(codes[rows.event], minlength=len(coding.levels))
        for code in np.flatnonzero(events == 0).tolist():
            n = int(np.count_nonzero(codes == code))
            compared = ", the level the others are compared with," if code == 0 else ""
            limit = (
                "the hazard ratios of the others run to infinity and have"
                if code == 0
                else "its hazard ratio runs to zero and has"
            )
            raise Separation(
                f"None of the {n} rows with {coding.variable} = {coding.levels[code]}{compared} has the event: "
                f"{limit} no estimate. {REMEDY}"
            )


def refuse_failure(fit: Ended, names: Sequence[str], rows: CoxRows) -> None:
    """Raise CannotEstimate in words for a fit that did not converge."""
    if fit.status == Status.CONVERGED:
        return
    involved = [name for name, chosen in zip(names, fit.involved.tolist(), strict=True) if chosen]
    listed = ", ".join(map(repr, involved))
    if fit.status == Status.COLLINEAR:
        if len(involved) == 1:
            raise CannotEstimate(
                f"{listed} is the same for everybody who is at risk when somebody has the event"
                f"{' in the same stratum' if rows.stratum is not None else ''}: it says nothing about the hazard. "
                "Leave it out."
            )
        raise CannotEstimate(
            f"{listed} say the same thing: at least one of them is a combination of the others (collinear), so their "
            "effects cannot be told apart. Leave one of them out."
        )
    if fit.status == Status.SEPARATION:
        for j in np.flatnonzero(fit.involved).tolist():
            found, place = np.unique(rows.x[:, j], return_inverse=True)
            events = np.bincount(place[rows.event], minlength=len(found))
            if len(found) == 2 and events.min() == 0:
                raise Separation(
                    f"None of the {int(np.count_nonzero(place == events.argmin()))} rows with {names[j]} = "
                    f"{found[events.argmin()]:g} has the event: the hazard ratio of {names[j]!r} runs to "
                    f"{'zero' if events[1] == 0 else 'infinity'} and has no estimate. {REMEDY}"
                )
        several = len(involved) > 1
        raise Separation(
            f"{listed} separate{'' if several else 's'} those who have the event from those at risk with them without a "
            f"single exception, so the coefficient{'s run' if several else ' runs'} to infinity and "
            f"{'have' if several else 'has'} no estimate (monotone likelihood). Leave {'one' if several else 'it'} out, "
            "join levels, or use a penalised (Firth) estimate."
        )
    raise CannotEstimate(
        f"The Cox model did not converge after {fit.iterations} steps. "
        "Look for extreme values in the covariates and weights, or fit fewer terms."
    )
