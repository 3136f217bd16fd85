"""Tables of change: before, after, the difference, the mean of individual percentages and the change of the mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from durata.estimate.change import DIFFERENCE, INDIVIDUAL
from durata.estimate.result import Summary
from durata.language.speaking import speak
from durata.show.answer_cells import OVERALL, confidence, number_of, p_cell
from durata.show.baseline_tables import MEAN, column_head
from durata.show.number_style import between, number_style
from durata.show.numbers import Cell, count, decimals, fixed, refused
from durata.show.table import BLANK, Head, Row, Table

# the rows of one group, in the order in which the answer has them
BEFORE, AFTER, MEAN_DIFFERENCE, BY_RANKS, PERCENT, OF_MEANS = range(6)
ROWS_A_GROUP = 6
Answered = Mapping[str, Any]


def change_table(
    change: Summary,
    *,
    title: str,
    unit: str = "",
    divide_by: float = 1.0,
    before: str = "",
    after: str = "",
    overall: str = "",
    places: int | None = None,
) -> Table:
    """What changed in the same persons, quantities in rows and groups in columns.

    The mean of the individual percentages and the change of the mean are two numbers and two rows. A decrease is
    negative. With groups, the last column tests whether the change is alike in all of them.

    Parameters
    ----------
    change : the answer of :func:`durata.estimate.change.paired_change`.
    unit, divide_by : the unit shown, and what values are divided by to be in it (10 from mm to cm).
    before, after : what the two values are called.
    places : decimals of the values; otherwise three digits of their standard deviation.
    """
    if not divide_by > 0:
        raise ValueError(f"values are divided by a number above 0, not by {divide_by!r}")
    factor = 1 / divide_by
    rows = [row for row in change.rows() if "group" in row]
    columns = [rows[start : start + ROWS_A_GROUP] for start in range(0, len(rows), ROWS_A_GROUP)]
    between = {str(row["term"]): row for row in change.rows() if "group" not in row}
    by_group = change.settings["by"] is not None
    names = [str(column[BEFORE]["group"]) for column in columns[:-1]] + [overall or speak(OVERALL)]
    heads: tuple[Head, ...] = tuple(
        Head(column_head(name, column[BEFORE]["n"])) for name, column in zip(names, columns, strict=True)
    )
    heads += (Head(speak("p between groups")),) if by_group else ()
    digits = _places(columns[-1], factor) if places is None else places

    def line(stub: str, which: int, cell: Callable[[Answered], Cell], depth: int = 0, last: Cell = BLANK) -> Row:
        return Row(stub, (*(cell(column[which]) for column in columns), *((last,) if by_group else ())), depth)

    def mean(row: Answered) -> Cell:
        return _mean(row, digits, factor)

    def amount(row: Answered) -> Cell:
        return _estimate(row, digits, factor)

    def amount_limits(row: Answered) -> Cell:
        return _limits(row, digits, factor)

    def stub(quantity: str, how: str = "") -> str:
        named = speak("{label}, {unit}", label=quantity, unit=unit) if unit else quantity
        return f"{named}{number_style().part}{how}" if how else named

    limits, first, second = confidence(change), before or speak("Before"), after or speak("After")
    body: tuple[Row, ...] = (
        line(stub(first, speak(MEAN)), BEFORE, mean),
        line(stub(second, speak(MEAN)), AFTER, mean),
        line(stub(speak("Mean difference")), MEAN_DIFFERENCE, amount, last=_between(between, DIFFERENCE)),
        line(limits, MEAN_DIFFERENCE, amount_limits, 1),
        line(speak("p, paired t test"), MEAN_DIFFERENCE, _t_test, 1),
        line(speak("p, Wilcoxon signed-rank test"), BY_RANKS, _ranks, 1),
        line(speak("Mean of individual changes,\u00a0%"), PERCENT, _percent, last=_between(between, INDIVIDUAL)),
        line(limits, PERCENT, _percent_limits, 1),
        line(speak("Change of the mean,\u00a0%"), OF_MEANS, _percent),
        line(limits, OF_MEANS, _percent_limits, 1),
    )
    left_out = [int(column[BEFORE]["missing"]) for column in columns]
    if any(left_out):
        cells = tuple(Cell(count(number)) for number in left_out)
        body += (Row(speak("Patients without both values"), (*cells, *((BLANK,) if by_group else ()))),)
    said = speak(
        "Negative: a decrease. The mean of individual changes gives every patient the same weight, the change of the "
        "mean gives more to larger values: they are different numbers."
    )
    # what the row of those without both values counts need not be said again
    notes = tuple(note.message for note in change.notes if note.code != "N22")
    return Table(title, "", heads, body, (said, *notes))


def _places(column: Sequence[Answered], factor: float) -> int:
    spread = number_of(column[BEFORE], "std_dev")
    return decimals(factor * spread) + 1 if spread else 1


def _mean(row: Answered, places: int, factor: float) -> Cell:
    middle, spread = number_of(row, "estimate"), number_of(row, "std_dev")
    if middle is None:
        return refused(str(row.get("note") or speak("Nobody with both values.")))
    if spread is None:
        return Cell(fixed(factor * middle, places), speak("No standard deviation: one patient with both values."))
    return Cell(f"{fixed(factor * middle, places)}{number_style().plus_minus}{fixed(factor * spread, places)}")


def _estimate(row: Answered, places: int, factor: float) -> Cell:
    value = number_of(row, "estimate")
    return Cell(fixed(factor * value, places)) if value is not None else refused(_why(row))


def _limits(row: Answered, places: int, factor: float) -> Cell:
    low, high = number_of(row, "conf_low"), number_of(row, "conf_high")
    if low is None or high is None:
        return refused(_why(row))
    return Cell(between(_limit(factor * low, places), _limit(factor * high, places)))


def _limit(value: float, places: int) -> str:
    # the change of a mean near 0 may be as large as anything
    if math.isinf(value):
        return speak("no limit") if value > 0 else speak("no lower limit")
    return fixed(value, places)


def _percent(row: Answered) -> Cell:
    return _estimate(row, 1, 1.0)


def _percent_limits(row: Answered) -> Cell:
    return _limits(row, 1, 1.0)


def _t_test(row: Answered) -> Cell:
    # the row is named after the test
    return p_cell({**row, "method": ""})


def _ranks(row: Answered) -> Cell:
    words = str(row.get("method") or "")
    how = words.replace("（", "(").replace("）", ")").partition("(")[2].rstrip(")")
    return p_cell({**row, "method": how})


def _between(tests: Mapping[str, Answered], term: str) -> Cell:
    return (
        p_cell(tests[term]) if term in tests else refused(speak("Not tested: there is no such change in every group."))
    )


def _why(row: Answered) -> str:
    return str(row.get("note") or speak("This number could not be computed."))
