"""Strategies of an emulated trial: end treatment within a window of months, or do not end it before some month.

months  1 ....... first-1 | first ............ last | last+1 .......
        do not end        | end, by the grace rule  | nothing is asked any more
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durata.finding import CannotEstimate
from durata.language.speaking import speak


@dataclass(frozen=True, slots=True)
class Strategy:
    """End treatment in one of the months ``first`` to ``last``; with ``last`` None: do not end it before month ``first``.

    Month k is the time (k - 1, k] since the start, in steps of the trial's interval; month 1 includes the start itself.
    """

    name: str
    first: int
    last: int | None

    def __post_init__(self) -> None:
        if self.first < 1 or (self.last is not None and self.last < self.first):
            raise CannotEstimate(
                speak(
                    "The window of strategy {name!r} is months {first} to {last}: it must begin at month 1 or later and "
                    "not end before it begins.",
                    name=self.name,
                    first=self.first,
                    last=self.last,
                )
            )

    @property
    def decided(self) -> int:
        """The last month in which the strategy asks for anything."""
        return self.first - 1 if self.last is None else self.last


def ending_window(name: str, from_: float, to: float | None, interval: float = 1.0) -> Strategy:
    """The strategy "end treatment in (from, to]"; ``to`` None means "do not end it until ``from``".

    ``interval`` is the length of a month of the grid, in the unit of ``from_`` and ``to``; both must be whole multiples
    of it (CannotEstimate otherwise).

    Examples
    --------
    >>> import durata as du
    >>> du.ending_window("intermediate", 6, 12)
    Strategy(name='intermediate', first=7, last=12)
    """
    return Strategy(name, _steps(name, from_, interval) + 1, None if to is None else _steps(name, to, interval))


def check_strategies(strategies: Sequence[Strategy]) -> None:
    """Refuse no strategy at all, and two of one name."""
    if not strategies:
        raise CannotEstimate(speak("An emulated trial needs at least one strategy."))
    names = [one.name for one in strategies]
    for name in names:
        if names.count(name) > 1:
            raise CannotEstimate(speak("Two strategies are called {name!r}.", name=name))


def _steps(name: str, bound: float, interval: float) -> int:
    steps = round(bound / interval)
    if bound < 0 or abs(steps - bound / interval) > 1e-9 * max(steps, 1):
        raise CannotEstimate(
            speak(
                "The window of strategy {name!r} is bounded at {bound:g}, which is no whole number of steps of "
                "{interval:g}.",
                name=name,
                bound=bound,
                interval=interval,
            )
        )
    return steps
