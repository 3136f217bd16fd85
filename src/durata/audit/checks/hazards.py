"""Hazard ratio, confidence limits and p-value against each other, and the events such limits need."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from durata.audit.arithmetic import triad
from durata.audit.figures import Figures
from durata.audit.implied import implied
from durata.audit.printed import printed, printed_p
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said


def triads(figures: Figures) -> Iterator[Seen]:
    """A10: the ratio is in the middle of its limits on the log scale, and its Wald p-value is the printed one."""
    for k, one in enumerate(figures.hazard_ratios):
        hr, low, high = printed(one.hr), printed(one.low), printed(one.high)
        evidence: dict[str, Any] = {"outcome": one.outcome, "group": one.group, "versus": one.versus, "printed": one.hr}
        if low.value > high.value or not low.low <= hr.high or not hr.low <= high.high:
            yield said(
                "A10",
                INCOHERENT,
                "{outcome}, {group} against {versus}: the hazard ratio {printed} does not lie between its limits {low} and "
                "{high}.",
                "Check the three numbers.",
                keys=("hazard_ratios", k, "hr"),
                **evidence,
                low=one.low,
                high=one.high,
            )
            continue
        if low.low <= 0:
            yield said(
                "A10",
                OPEN,
                "{outcome}, {group} against {versus}: the lower limit {low} is rounded too coarsely to be judged.",
                "Print the limit with more decimals.",
                keys=("hazard_ratios", k, "low"),
                **evidence,
                low=one.low,
            )
            continue
        found = triad(hr, low, high, one.level)
        if found is None:
            yield said(
                "A10",
                INCOHERENT,
                "{outcome}, {group} against {versus}: the limits {low} to {high} have {middle:.4g} in their middle (log "
                "scale); {printed} is printed.",
                "Check the three numbers; limits that are not of Wald's kind have to be named.",
                keys=("hazard_ratios", k, "hr"),
                **evidence,
                low=one.low,
                high=one.high,
                middle=(float(low.value) * float(high.value)) ** 0.5,
            )
            continue
        numbers: dict[str, Any] = {
            "middle": found.middle,
            "std_error": found.std_error,
            "z": found.z,
            "p": found.p,
            "p_low": found.p_low,
            "p_high": found.p_high,
        }
        yield said(
            "A10",
            COHERENT,
            "{outcome}, {group} against {versus}: {printed} is in the middle of its limits ({middle:.4f}); SE {std_error:.3f}, "
            "z {z:.2f}, P={p:.4f}.",
            keys=("hazard_ratios", k, "hr"),
            **evidence,
            **numbers,
        )
        if one.p is None:
            continue
        p = printed_p(one.p)
        # logarithms and error functions are computed to rounding error of the machine
        fits = p.low <= found.p_high * (1 + 1e-9) and found.p_low * (1 - 1e-9) <= p.high
        other = one.p_test == "other"
        yield said(
            "A10",
            COHERENT if fits else OPEN if other else INCOHERENT,
            "{outcome}, {group} against {versus}: ratio and limits allow P from {p_low:.4f} to {p_high:.4f}; {p_printed} is "
            "printed.",
            "" if fits else "Check the four numbers; a p-value of a log-rank or ratio test has to be named so.",
            keys=("hazard_ratios", k, "p"),
            warn=not fits,
            **evidence,
            **numbers,
            p_printed=one.p,
        )


def events_needed(figures: Figures) -> Iterator[Seen]:
    """A11: limits this narrow need so many events.

    The information on a yes-or-no covariate is a sum over events of share times 1 - share, at most a quarter each;
    other covariates only take from it. So the squared standard error is at least 4 / events.
    """
    for k, one in enumerate(figures.hazard_ratios):
        low, high = printed(one.low), printed(one.high)
        if low.low <= 0 or low.value >= high.value:
            continue
        found = triad(printed(one.hr), low, high, one.level)
        if found is None:
            continue
        events = figures.outcomes[one.outcome].events
        least = Fraction(4) / Fraction(found.std_error_high**2 * (1 + 1e-9))
        right = events >= least
        shared = implied(figures, one.outcome)
        pair = shared.events if shared is not None else {}
        yield said(
            "A11",
            COHERENT if right else INCOHERENT,
            "{outcome}, {group} against {versus}: the limits imply 1/d1 + 1/d2 = {inverse:.3f} over the events of the two "
            "groups if nothing else was adjusted for: at least {least:.1f} events, of {events} printed."
            if right
            else "{outcome}, {group} against {versus}: limits this narrow need at least {least:.1f} events; {events} are "
            "printed.",
            "" if right else "Check limits and events; robust limits can be narrower and have to be named.",
            keys=("hazard_ratios", k, "low"),
            outcome=one.outcome,
            group=one.group,
            versus=one.versus,
            inverse=found.std_error**2,
            least=float(least),
            events=events,
        )
        if one.group in pair and one.versus in pair and min(pair[one.group], pair[one.versus]) > 0:
            yield said(
                "A11",
                COHERENT,
                "{outcome}: this rests on about {first:.1f} events in {group} and {second:.1f} in {versus} (1/d1 + 1/d2 = "
                "{inverse:.3f}).",
                "Print the events of each group.",
                keys=("hazard_ratios", k),
                warn=min(pair[one.group], pair[one.versus]) < 10,
                outcome=one.outcome,
                group=one.group,
                versus=one.versus,
                first=pair[one.group],
                second=pair[one.versus],
                inverse=1 / pair[one.group] + 1 / pair[one.versus],
            )
