"""Tables of curves: survival at horizons, medians, and the log-rank tests beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from durata.estimate.analysis import Refused
from durata.estimate.result import Curve, Summary, Test
from durata.language.speaking import speak
from durata.show.disclosure import disclosure
from durata.show.number_style import between, bracketed
from durata.show.numbers import Cell, count, decimals, fixed, known, p_value, percent, percent_interval, refused
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale

NOT_REACHED = "not reached"
WIDEST = 3


def horizons_table(
    horizons: Summary, scale: TimeScale, *, title: str, estimand: str = "", stub_head: str = ""
) -> Table:
    """Estimate with interval and number at risk, groups by times.

    ``horizons`` has one row a group and time with ``estimate``, ``conf_low``, ``conf_high`` (shares between 0 and 1),
    ``at_risk`` and, where there is no estimate, ``note``. Up to three times stand side by side, more below each other.
    """
    rows = horizons.rows()
    groups = tuple(dict.fromkeys(str(row.get("group", "all")) for row in rows))
    times = tuple(dict.fromkeys(float(row["time"]) for row in rows))
    found = {(str(row.get("group", "all")), float(row["time"])): row for row in rows}
    places = _places(rows)
    level = f"{fixed(100 * _level(horizons), 0)}% CI"
    percent_sign = speak("{estimand} ({level})", estimand=estimand or speak("Survival"), level=level)

    def cells(group: str, time: float) -> tuple[Cell, Cell]:
        row = found.get((group, time))
        if row is None:
            missing = refused(speak("Nothing is known about {group} at {time}.", group=group, time=scale.words(time)))
            return missing, missing
        return _share(row, places), _count(row.get("at_risk"), row)

    if len(times) <= WIDEST:
        heads = tuple(
            head
            for time in times
            for head in (
                Head(percent_sign, spanner=speak("At {time}", time=scale.words(time))),
                Head(speak("At risk"), "right", spanner=speak("At {time}", time=scale.words(time))),
            )
        )
        body = tuple(Row(group, tuple(cell for time in times for cell in cells(group, time))) for group in groups)
    else:
        heads = (Head(percent_sign), Head(speak("At risk"), "right"))
        body = tuple(
            row
            for time in times
            for row in (
                Row(speak("At {time}", time=scale.words(time)), heading=True),
                *(Row(group, cells(group, time), depth=1) for group in groups),
            )
        )
    return Table(title, stub_head or speak("Group"), heads, body, _notes(horizons))


def medians_table(
    curve: Curve, medians: Summary, scale: TimeScale, *, title: str, events: str = "", time: str = ""
) -> Table:
    """People, events and the median time with its interval, one row a group.

    ``medians`` has one row a group with ``estimate``, ``conf_low`` and ``conf_high`` in the curve's unit; a median or
    limit that the curve does not reach is None or NaN.
    """
    found = {str(row.get("group", "all")): row for row in medians.rows() if row.get("probability", 0.5) == 0.5}
    level = f"{fixed(100 * _level(medians, curve.conf_level), 0)}% CI"
    heads = (
        Head(speak("Patients"), "right"),
        Head(events or speak("Events"), "right"),
        Head(speak("{time}, {unit} ({level})", time=time or speak("Median time"), unit=scale.name, level=level)),
    )
    body = tuple(
        Row(
            stretch.group,
            (
                Cell(count(stretch.n)),
                Cell(count(float(stretch.events.sum()))),
                duration_cell(found.get(stretch.group, {"note": speak("No median was asked for.")}), scale),
            ),
        )
        for stretch in curve.stretches
    )
    return Table(title, speak("Group"), heads, body, _notes(medians))


def duration_cell(row: Mapping[str, Any], scale: TimeScale) -> Cell:
    """A time with its interval; what the curve does not reach is called that."""
    note = str(row.get("note") or "")
    middle = row.get("estimate")
    if middle is None or not known(middle):
        return Cell(speak(NOT_REACHED), note) if "estimate" in row else refused(note)
    low, high = row.get("conf_low"), row.get("conf_high")
    shown = scale.value(middle)
    if known(low) or known(high):
        shown = bracketed(shown, between(_limit(low, scale), _limit(high, scale)))
    return Cell(shown, note)


def pairwise_table(pairs: Summary, overall: Test | Refused | None = None, *, title: str) -> Table:
    """Log-rank tests pair by pair with their adjusted p-values; the overall test stands above them.

    ``pairs`` has ``group``, ``reference``, ``statistic``, ``df``, ``p_value`` and ``p_adjusted`` (or ``note``).
    """
    adjusted = str(pairs.settings.get("adjust", "Holm")).capitalize()
    heads = (
        Head(speak("Chi-square")),
        Head(speak("df")),
        Head(speak("p")),
        Head(speak("p, {adjust}", adjust=adjusted)),
    )
    body: list[Row] = []
    if isinstance(overall, Test):
        # there is one overall test: nothing to adjust it for
        tested = test_cells(overall.glance())
        body.append(Row(speak("All groups"), (*tested, Cell(""))))
    elif overall is not None:
        body.append(Row(speak("All groups"), (refused(overall.reason),) * 4))
    for row in pairs.rows():
        corrected = row.get("p_adjusted")
        cells = test_cells(row)
        if corrected is not None and known(corrected):
            last = Cell(p_value(float(corrected)))
        else:
            last = refused(cells[-1].note or speak("This p-value was not adjusted."))
        body.append(
            Row(speak("{group} vs {reference}", group=row["group"], reference=row["reference"]), (*cells, last))
        )
    return Table(title, speak("Comparison"), heads, tuple(body), _notes(pairs))


def test_cells(row: Mapping[str, Any]) -> tuple[Cell, Cell, Cell]:
    """Statistic, degrees of freedom and p-value of one test, or three refused cells."""
    statistic, df, p = row.get("statistic"), row.get("df"), row.get("p_value")
    if statistic is None or p is None or not known(statistic) or not known(p):
        cell = refused(str(row.get("note") or speak("This test could not be computed.")))
        return cell, cell, cell
    note = str(row.get("note") or "")
    return Cell(fixed(float(statistic), 2)), Cell(fixed(float(df), 0) if df is not None else ""), Cell(p_value(p), note)


def _level(summary: Summary, otherwise: float = 0.95) -> float:
    return float(summary.settings.get("conf_level", otherwise))


def _notes(summary: Summary) -> tuple[str, ...]:
    return tuple(note.message for note in summary.notes)


def _places(rows: list[dict[str, Any]]) -> int:
    """Decimals of every percentage in the table: those that the least certain one deserves."""
    spreads = [row.get("std_error") for row in rows if row.get("estimate") is not None]
    return min([1, *(decimals(100 * spread) for spread in spreads if spread is not None and spread > 0)])


def _share(row: Mapping[str, Any], places: int) -> Cell:
    value, note = row.get("estimate"), str(row.get("note") or "")
    if disclosure().small(row.get("at_risk") or 0):
        return refused(speak("Not shown: too few patients are at risk at this time."))
    if value is None or not known(value):
        return refused(note or speak("There is no estimate at this time."))
    low, high = row.get("conf_low"), row.get("conf_high")
    if low is None or high is None or not (known(low) and known(high)):
        reason = note or speak("There is no interval: the estimate has no spread at this time.")
        return Cell(percent(value, places), reason)
    return Cell(percent_interval(value, low, high, places=places), note)


def _count(value: object, row: Mapping[str, Any]) -> Cell:
    if isinstance(value, int | float) and known(float(value)):
        return Cell(count(float(value)))
    return refused(str(row.get("note") or speak("This number is not known.")))


def _limit(value: float | None, scale: TimeScale) -> str:
    return speak(NOT_REACHED) if value is None or not known(value) or value == float("inf") else scale.value(value)
