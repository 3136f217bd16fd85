"""Comparisons of counts made again, and what a p-value above 0.05 leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from durata.audit.figures import Figures, Response
from durata.audit.printed import printed_p
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said
from durata.kernels.contingency import chi_square
from durata.kernels.exact_tables import fisher_exact
from durata.kernels.proportions import newcombe_limits


def response_tests(figures: Figures) -> Iterator[Seen]:
    """A05: the printed p-value is that of the counts."""
    for k, response in enumerate(figures.responses):
        if response.p is None or len(response.events) < 2:
            continue
        table = _table(figures, response)
        plain = chi_square(table)
        if np.isnan(plain.p_value):
            yield said(
                "A05",
                OPEN,
                "{name}: everybody or nobody has it, and there is nothing to test.",
                keys=("responses", k, "p"),
                name=response.name,
            )
            continue
        own = {
            "chi-squared": plain.p_value,
            "fisher": fisher_exact(table).p_value,
            **({"chi-squared corrected": chi_square(table, yates=True).p_value} if len(table) == 2 else {}),
        }
        number = printed_p(response.p)
        asked = [response.test] if response.test in own else list(own)
        # computed p-values are exact to far more than is printed
        fits = [test for test in asked if number.low - 1e-9 <= own[test] <= number.high + 1e-9]
        yield said(
            "A05",
            COHERENT if fits else INCOHERENT if response.test in own else OPEN,
            "{name}: chi-squared {statistic:.2f}, P={chi:.3f} (Fisher's exact test {fisher:.3f}); P {printed} is printed.",
            "" if fits else "Say which test it was, or compute it again from the counts.",
            keys=("responses", k, "p"),
            warn=not fits,
            name=response.name,
            statistic=plain.statistic,
            chi=plain.p_value,
            fisher=own["fisher"],
            printed=response.p,
        )


def open_differences(figures: Figures) -> Iterator[Seen]:
    """A06: a difference that is not significant is not a difference shown to be absent (Newcombe's limits)."""
    for k, response in enumerate(figures.responses):
        if response.p is None or printed_p(response.p).significant is not False:
            continue
        names = [group.name for group in figures.groups if group.name in response.events]
        for versus, group in pairwise(names):
            x, n = response.events[group], response.of.get(group, figures.size(group))
            y, m = response.events[versus], response.of.get(versus, figures.size(versus))
            low, high = newcombe_limits(x, n, y, m)
            yield said(
                "A06",
                COHERENT,
                "{name}: {group} against {versus} differs by {difference:+.1f} percentage points, 95% CI {low:+.1f} to "
                "{high:+.1f}: not significant, and no difference is not shown either.",
                "Print the interval of the difference.",
                keys=("responses", k),
                warn=True,
                name=response.name,
                group=group,
                versus=versus,
                difference=100 * (x / n - y / m),
                low=100 * float(low),
                high=100 * float(high),
            )


def _table(figures: Figures, response: Response) -> list[list[int]]:
    sizes = {group: response.of.get(group, figures.size(group)) for group in response.events}
    return [[events, sizes[group] - events] for group, events in response.events.items()]
