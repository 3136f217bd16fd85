"""Tables of responses: rates by group with their tests, and the differences between every pair of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durata.estimate.analysis import Refused
from durata.estimate.result import Summary, Test
from durata.language.speaking import speak
from durata.show.answer_cells import (
    OVERALL,
    confidence,
    estimate_cell,
    notes_of,
    number_of,
    p_cell,
    sentence,
    tested_cell,
    versus,
)
from durata.show.numbers import Cell, count, percent, percent_interval, refused
from durata.show.table import BLANK, Head, Row, Table


@dataclass(frozen=True, slots=True)
class ResponseResult:
    """The answers about one response: rates by group, then the tests and differences that were asked for.

    ``label`` is what the response is called; ``rates``, ``test``, ``trend`` and ``differences`` come from
    ``response_rates``, ``response_test``, ``response_trend`` and ``risk_differences`` of
    :mod:`durata.estimate.response`.
    """

    label: str
    rates: Summary | Refused
    test: Test | Refused | None = None
    trend: Test | Refused | None = None
    differences: Summary | Refused | None = None


def response_table(responses: Sequence[ResponseResult], *, title: str, overall: str = "", stub_head: str = "") -> Table:
    """Rates with interval, one row a group under each response; the tests stand on the response's own row.

    A column of patients whose response is not known appears where there are any. Percentages are of the others.
    """
    if not responses:
        raise ValueError("a table of responses needs at least one response")
    found = [one.rates for one in responses if isinstance(one.rates, Summary)]
    missing = any(int(row["missing"]) for rates in found for row in rates.rows())
    tested = any(one.test is not None for one in responses)
    trends = any(one.trend is not None for one in responses)
    level = confidence(found[0]) if found else "95% CI"
    heads = [Head(speak("Responders / patients"), "right"), Head(speak("Rate ({level})", level=level))]
    heads += [Head(speak("Not known"), "right")] if missing else []
    heads += ([Head(speak("p"))] if tested else []) + ([Head(speak("p for trend"))] if trends else [])
    rows: list[Row] = []
    for one in responses:
        tests = ((tested_cell(one.test),) if tested else ()) + ((tested_cell(one.trend),) if trends else ())
        if isinstance(one.rates, Refused):
            rows.append(Row(one.label, (*((refused(one.rates.reason),) * (len(heads) - len(tests))), *tests)))
            continue
        rows.append(Row(one.label, (*((BLANK,) * (len(heads) - len(tests))), *tests)))
        by_group = one.rates.settings["by"] is not None
        for position, row in enumerate(one.rates.rows()):
            last = position == len(one.rates.table) - 1
            name = (overall or speak(OVERALL)) if last or not by_group else str(row["group"])
            share, low, high = (number_of(row, key) for key in ("estimate", "conf_low", "conf_high"))
            cells = [Cell(f"{count(row['events'])}/{count(row['n'])}")]
            if share is None:
                cells.append(refused(str(row.get("note") or speak("Nobody with a known response."))))
            elif low is None or high is None:
                cells.append(Cell(percent(share), speak("There is no interval.")))
            else:
                cells.append(Cell(percent_interval(share, low, high, places=1)))
            cells += [Cell(count(row["missing"]))] if missing else []
            rows.append(Row(name, (*cells, *((BLANK,) * len(tests))), depth=1))
    methods = dict.fromkeys(sentence(speak("rates: {method}", method=rates.method)) for rates in found)
    notes = notes_of([answer for one in responses for answer in (one.rates, one.test, one.trend)])
    return Table(title, stub_head or speak("Response"), tuple(heads), tuple(rows), (*methods, *notes))


def response_differences_table(responses: Sequence[ResponseResult], *, title: str, stub_head: str = "") -> Table:
    """Differences of the rates of every pair of groups in percentage points, with raw and adjusted p-values.

    A response without ``differences`` is left out.
    """
    asked = [(one.label, one.differences) for one in responses if one.differences is not None]
    if not asked:
        raise ValueError("no response has differences between groups")
    found = [differences for _, differences in asked if isinstance(differences, Summary)]
    adjust = str(found[0].settings.get("adjust", "holm")).capitalize() if found else "Holm"
    level = confidence(found[0]) if found else "95% CI"
    heads = (
        Head(speak("Difference, percentage points ({level})", level=level)),
        Head(speak("p")),
        Head(speak("p, {adjust}", adjust=adjust)),
    )
    rows: list[Row] = []
    for label, differences in asked:
        if isinstance(differences, Refused):
            rows.append(Row(label, (refused(differences.reason),) * 3))
            continue
        pairs = differences.rows()
        rows.append(Row(label, heading=True))
        for row in pairs:
            stub = versus(row["group"], row["reference"])
            # the note of a pair is about its test, unless there is no difference at all
            difference = row if number_of(row, "estimate") is None else {**row, "note": ""}
            estimate = estimate_cell(difference, 1, 100)
            rows.append(Row(stub, (estimate, p_cell(row), p_cell(row, "p_adjusted")), depth=1))
    methods = dict.fromkeys(sentence(differences.method) for differences in found)
    in_cells = " ".join(cell.note for row in rows for cell in row.cells)
    notes = (note for note in notes_of(found) if note not in in_cells)
    scope = speak(
        "p, {adjust}: adjusted for the comparisons within each response; intervals are not adjusted.", adjust=adjust
    )
    return Table(
        title, stub_head or speak("Comparison"), heads, tuple(rows), (*methods, scope, *notes) if found else ()
    )
