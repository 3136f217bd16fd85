"""Tables of competing risks: one minus Kaplan-Meier beside the cumulative incidences, and the two hazard ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from durata.estimate.result import Curve
from durata.language.speaking import speak
from durata.show.numbers import Cell, fixed, percent, percent_interval, refused
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale


def incidence_table(
    survival: Curve,
    event: Curve,
    competing: Curve | None,
    times: Sequence[float],
    scale: TimeScale,
    *,
    title: str,
) -> Table:
    """By time and group: one minus Kaplan-Meier, the cumulative incidence of the event, and that of competing events.

    ``times`` are in the unit of the curves; ``competing`` is None when nobody had a competing event.
    """
    level = f"{fixed(100 * event.conf_level, 0)}% CI"
    heads = (
        Head(speak("One minus Kaplan-Meier")),
        Head(speak("Cumulative incidence ({level})", level=level)),
        Head(speak("Competing events ({level})", level=level)),
    )
    naive, found = _read(survival, times), _read(event, times)
    others = {} if competing is None else _read(competing, times)
    rows: list[Row] = []
    for time in times:
        rows.append(Row(speak("At {time}", time=scale.words(time)), heading=True))
        for group in dict.fromkeys(stretch.group for stretch in event.stretches):
            free = naive.get((group, time), {})
            shown = _number(free.get("estimate"))
            rows.append(
                Row(
                    group,
                    (
                        _unknown(free) if shown is None else Cell(percent(1 - shown)),
                        _incidence(found.get((group, time), {})),
                        Cell(percent(0.0)) if competing is None else _incidence(others.get((group, time), {})),
                    ),
                    depth=1,
                )
            )
    return Table(title, speak("Group"), heads, tuple(rows))


def _read(curve: Curve, times: Sequence[float]) -> dict[tuple[str, float], Mapping[str, Any]]:
    return {(str(row["group"]), float(row["time"])): row for row in curve.at(list(times)).rows()}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None


def _unknown(row: Mapping[str, Any]) -> Cell:
    return refused(str(row.get("note") or speak("This number is not known.")))


def _incidence(row: Mapping[str, Any]) -> Cell:
    estimate, low, high = (_number(row.get(name)) for name in ("estimate", "conf_low", "conf_high"))
    if estimate is None:
        return _unknown(row)
    return Cell(percent(estimate)) if low is None or high is None else Cell(percent_interval(estimate, low, high))
