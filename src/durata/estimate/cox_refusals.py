"""Why a Cox model cannot be had, in words: no events, a level without events, separation, collinearity, no convergence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from durata.estimate.cox_rows import CoxRows
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.newton import Status
from durata.language.speaking import speak
from durata.terms import Columns, Design

REMEDY = "Join it with another level, leave it out, or use a penalised (Firth) estimate."

NO_SPREAD = 1e-18
"""A robust variance below this share of the model-based one is rounding."""


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
            said = (
                speak(
                    "None of the {n} rows with {variable} = {level}, the level the others are compared "
                    "with, has the event: the hazard ratios of the others run to infinity and have no "
                    "estimate. {remedy}"
                )
                if code == 0
                else speak(
                    "None of the {n} rows with {variable} = {level} has the event: its hazard ratio runs "
                    "to zero and has no estimate. {remedy}"
                )
            )
            raise Separation(
                speak(said, n=n, variable=speak(coding.variable), level=coding.levels[code], remedy=speak(REMEDY))
            )


def refuse_without_spread(covariance: FloatArray, model_covariance: FloatArray, names: Sequence[str]) -> None:
    """Raise CannotEstimate where a robust variance (p, p) is nothing but rounding beside the model-based one."""
    still = np.diag(covariance) <= NO_SPREAD * np.diag(model_covariance)
    if np.any(still):
        raise CannotEstimate(
            speak(
                "The robust variance of {listed} is zero: no single person moves the estimate (everybody has the event at "
                "one time, for example), so there is no interval and no test. Look at the times and the events.",
                listed=speak(", ").join(repr(names[j]) for j in np.flatnonzero(still).tolist()),
            )
        )


def refuse_failure(fit: Ended, names: Sequence[str], rows: CoxRows) -> None:
    """Raise CannotEstimate in words for a fit that did not converge."""
    if fit.status == Status.CONVERGED:
        return
    involved = [name for name, chosen in zip(names, fit.involved.tolist(), strict=True) if chosen]
    listed = speak(", ").join(map(repr, involved))
    if fit.status == Status.COLLINEAR:
        if len(involved) == 1:
            raise CannotEstimate(
                speak(
                    "{listed} is the same for everybody who is at risk when somebody has the event in the "
                    "same stratum: it says nothing about the hazard. Leave it out.",
                    listed=listed,
                )
                if rows.stratum is not None
                else speak(
                    "{listed} is the same for everybody who is at risk when somebody has the event: it "
                    "says nothing about the hazard. Leave it out.",
                    listed=listed,
                )
            )
        raise CannotEstimate(
            speak(
                "{listed} say the same thing: at least one of them is a combination of the others "
                "(collinear), so their effects cannot be told apart. Leave one of them out.",
                listed=listed,
            )
        )
    if fit.status == Status.SEPARATION:
        for j in np.flatnonzero(fit.involved).tolist():
            found, place = np.unique(rows.x[:, j], return_inverse=True)
            events = np.bincount(place[rows.event], minlength=len(found))
            if len(found) == 2 and events.min() == 0:
                raise Separation(
                    speak(
                        "None of the {n} rows with {name} = {value:g} has the event: the hazard ratio of {name!r} runs to "
                        "zero and has no estimate. {remedy}"
                        if events[1] == 0
                        else "None of the {n} rows with {name} = {value:g} has the event: the hazard ratio of {name!r} "
                        "runs to infinity and has no estimate. {remedy}",
                        n=int(np.count_nonzero(place == events.argmin())),
                        name=names[j],
                        value=found[events.argmin()],
                        remedy=speak(REMEDY),
                    )
                )
        raise Separation(
            speak(
                "{listed} separate those who have the event from those at risk with them without a "
                "single exception, so the coefficients run to infinity and have no estimate (monotone "
                "likelihood). Leave one out, join levels, or use a penalised (Firth) estimate.",
                listed=listed,
            )
            if len(involved) > 1
            else speak(
                "{listed} separates those who have the event from those at risk with them without a "
                "single exception, so the coefficient runs to infinity and has no estimate (monotone "
                "likelihood). Leave it out, join levels, or use a penalised (Firth) estimate.",
                listed=listed,
            )
        )
    raise CannotEstimate(
        speak(
            "The Cox model did not converge after {iterations} steps. Look for extreme values in "
            "the covariates and weights, or fit fewer terms.",
            iterations=fit.iterations,
        )
    )
