"""Table 1 as journals print it: covariates by group, how each is described, missing counted, tests and differences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from durata.estimate.result import Summary
from durata.language.speaking import speak
from durata.show.answer_cells import OVERALL, notes_of, number_of, p_cell
from durata.show.disclosure import Withheld
from durata.show.effect_tables import Words
from durata.show.number_style import bracketed, number_style, sentences
from durata.show.numbers import Cell, count, decimals, fixed, percent, refused
from durata.show.table import BLANK, Head, Row, Table

# a unit of time in the singular ("the effect of one year more") as the unit of a described number
PLURAL: Mapping[str, str] = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
YES_OR_NO = ({"no", "yes"}, {"false", "true"}, {"否", "是"}, {"无", "有"})
YES = {"yes", "true", "是", "有"}
NOT_KNOWN = "Not known"
# no-break spaces: what belongs together stays in one line of a narrow column
MEDIAN, MEAN, SHARE = "median\u00a0(Q1,\u00a0Q3)", "mean\u00a0±\u00a0SD", "n\u00a0(%)"
MOST_DECIMALS = 3
STEPS = (1, 4, 2, 4)  # how finely a quantile divides the way between two values, by quarters of a place past the first


def baseline_table_shown(
    summary: Summary,
    words: Words | None = None,
    *,
    title: str,
    places: Mapping[str, int] | None = None,
    overall: str = "",
    stub_head: str = "",
) -> Table:
    """Table 1 from the answer of :func:`durata.estimate.baseline.baseline_table`.

    A number is one row, "median (Q1, Q3)" or "mean ± SD"; a category has its levels below it, "n (%)", and one of yes
    and no is one row, that of yes. Persons whose value is not known are a row of their own wherever there are any. The
    test behind each p stands in its note.

    Parameters
    ----------
    summary : rows of the baseline table; groups in their order, then everybody.
    words : labels of covariates, and their units.
    places : decimals of a number, by covariate. Otherwise medians have the decimals of the recorded values and means
        one more, as far as they say anything beside the standard deviation.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> from durata.estimate.baseline import baseline_table
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 6, event=[0] * 6, group=list("aaabbb"), covariates={"size": [10, 20, 30, 40, 50, 60]}
    ... )
    >>> table = baseline_table_shown(baseline_table(cohort), Words(units={"size": "mm"}), title="Patients")
    >>> [cell.text for cell in table.rows[0].cells]
    ['20 (15, 25)', '50 (45, 55)', '35 (22, 48)', '0.050', '3.00']
    """
    named = words or Words()
    sizes: Mapping[str, int] = summary.settings["sizes"]
    compared = summary.settings["by"] is not None
    everybody = overall or speak(OVERALL)
    columns = [*sizes.items(), (everybody, sum(sizes.values()))] if compared else [(everybody, sum(sizes.values()))]
    heads = [Head(column_head(name, size)) for name, size in columns]
    if compared:
        heads += [Head(speak("p")), Head("SMD")]
    ways: Mapping[str, str] = summary.settings["summary"]
    rows: list[Row] = []
    described_as = _by_covariate(summary)
    for name in described_as:
        mine = described_as[name]
        described = [row for row in mine if "group" in row]
        tested = _compared(mine[-1]) if compared else ()
        if name in ways:
            given = None if places is None else places.get(name)
            rows += _number(_label(name, named), described, ways[name], tested, given)
        else:
            rows += _category(named.variable(name), described, [size for _, size in columns], tested)
    notes = _notes(summary, rows, compared=compared)
    return Table(title, stub_head or speak("Characteristic"), tuple(heads), tuple(rows), notes)


def column_head(name: str, size: float) -> str:
    """A group with its size over a column: ``"short (n = 25)"``."""
    return speak("{name} (n\u00a0=\u00a0{n})", name=name, n=count(size))


def _by_covariate(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """The rows of each covariate; one that was asked for twice is shown once."""
    asked: list[str] = list(summary.settings["covariates"])
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in asked}
    for row in summary.rows():
        found[str(row["term"])].append(row)
    return {name: rows[: len(rows) // asked.count(name)] for name, rows in found.items()}


def _number(
    label: str, described: Sequence[Mapping[str, Any]], way: str, tested: tuple[Cell, ...], places: int | None
) -> Iterator[Row]:
    shown = _places(described, way) if places is None else places
    how = speak(MEDIAN if way == "median" else MEAN)
    cells = tuple(_number_cell(row, way, shown) for row in described)
    yield Row(f"{label}{number_style().part}{how}", (*cells, *tested))
    yield from _not_known(described, len(tested))


def _number_cell(row: Mapping[str, Any], way: str, places: int) -> Cell:
    middle = number_of(row, "estimate")
    if middle is None:
        return refused(str(row.get("note") or speak("Nobody with a known value.")))
    if way == "median":
        first, third = number_of(row, "quartile_1"), number_of(row, "quartile_3")
        if first is None or third is None:
            return Cell(fixed(middle, places), speak("No quartiles."))
        return Cell(
            bracketed(fixed(middle, places), number_style().comma.join((fixed(first, places), fixed(third, places))))
        )
    spread = number_of(row, "std_dev")
    if spread is None:
        return Cell(fixed(middle, places), speak("No standard deviation: one patient with a known value."))
    return Cell(f"{fixed(middle, places)}{number_style().plus_minus}{fixed(spread, places)}")


def _category(
    label: str, described: Sequence[Mapping[str, Any]], sizes: Sequence[int], tested: tuple[Cell, ...]
) -> Iterator[Row]:
    # one row a level and column, the levels in their order
    width = len(sizes)
    levels = [described[start : start + width] for start in range(0, len(described), width)]
    names = {str(level[0]["level"]).casefold() for level in levels}
    stub = f"{label}{number_style().part}{speak(SHARE)}"
    yes = next((level for level in levels if str(level[0]["level"]).casefold() in YES), None)
    if names in YES_OR_NO and yes is not None and len(levels) == 2:
        yield Row(stub, (*(_level_cell(row) for row in yes), *tested))
    elif levels:
        yield Row(stub, ((BLANK,) * width + tested))
        for level in levels:
            cells = tuple(_level_cell(row) for row in level)
            yield Row(str(level[0]["level"]), (*cells, *((BLANK,) * len(tested))), depth=1)
    else:
        nobody = refused(speak("Nobody with a known value."))
        yield Row(stub, ((nobody,) * width + tested))
    yield from _not_known(levels[0] if levels else [{"missing": size} for size in sizes], len(tested))


def _level_cell(row: Mapping[str, Any]) -> Cell:
    share = number_of(row, "estimate")
    if isinstance(row["events"], Withheld):
        return Cell(str(row["events"]), str(row.get("note") or ""))
    if share is None:
        return refused(str(row.get("note") or speak("Nobody with a known value.")))
    return Cell(bracketed(count(float(row["events"])), percent(share).rstrip("%")))


def _not_known(described: Sequence[Mapping[str, Any]], tested: int) -> Iterator[Row]:
    missing = [row["missing"] for row in described]
    if any(missing):
        yield Row(speak(NOT_KNOWN), (*(Cell(count(number)) for number in missing), *((BLANK,) * tested)), depth=1)


def _compared(row: Mapping[str, Any]) -> tuple[Cell, Cell]:
    """The p-value and the standardised difference of one covariate."""
    difference = number_of(row, "std_difference")
    note = str(row.get("note") or "")
    if difference is not None:
        return p_cell(row), Cell(fixed(difference, 2))
    # the note then says why there is no difference: it belongs to that cell, and to p only where there is none
    missing = refused(note or speak("There is no standardised difference."))
    return (p_cell(row) if number_of(row, "p_value") is None else p_cell({**row, "note": ""})), missing


def _label(name: str, words: Words) -> str:
    unit = words.units.get(name, "")
    # a unit of time is said in the language; any other stands as declared
    shown = speak(PLURAL[unit]) if unit in PLURAL else unit
    return speak("{label}, {unit}", label=words.variable(name), unit=shown) if unit else words.variable(name)


def _places(described: Sequence[Mapping[str, Any]], way: str) -> int:
    """Decimals of one covariate, the same in every group."""
    spread = number_of(described[-1], "std_dev") if described else None
    enough = decimals(spread) + 1 if spread and math.isfinite(spread) else MOST_DECIMALS
    # where a quantile of type 7 lies between two recorded values: at quarters of the way, halves, or on one of them
    between = [(value, STEPS[int(row["n"] - 1) * quarter % 4]) for row, quarter, value in _quantiles(described, way)]
    recorded = next(
        (d for d in range(MOST_DECIMALS) if all(_whole(steps * 10**d * value) for value, steps in between)), enough
    )
    if way == "mean":
        return min(recorded + 1, enough)
    if all(_whole(10**recorded * value) for value, _ in between) or enough <= recorded + 1:
        return min(recorded, enough)
    return recorded + 1


def _quantiles(described: Sequence[Mapping[str, Any]], way: str) -> Iterator[tuple[Mapping[str, Any], int, float]]:
    """Every known quartile with its row and how many quarters of the values lie below it."""
    for row in described:
        for quarter, name in ((1, "quartile_1"), (2, "estimate"), (3, "quartile_3")):
            value = number_of(row, name)
            if value is not None and (quarter != 2 or way == "median"):
                yield row, quarter, value


def _whole(value: float) -> bool:
    # beyond this there are no decimals in double precision
    return abs(value) > 1e15 or abs(value - round(value)) < 1e-6 * max(1.0, abs(value))


def _notes(summary: Summary, rows: Sequence[Row], *, compared: bool) -> tuple[str, ...]:
    said = []
    if "median" in summary.settings["summary"].values():
        said.append(speak("Q1, Q3: first and third quartile."))
    if "mean" in summary.settings["summary"].values():
        said.append(speak("SD: standard deviation."))
    if compared:
        said.append(speak("SMD: standardised difference, the largest between any two groups."))
    if any(row.stub == speak(NOT_KNOWN) and row.depth for row in rows):
        said.append(speak("Percentages and tests are of the patients whose value is known."))
    in_cells = " ".join(cell.note for row in rows for cell in row.cells)
    return (*([sentences(said)] if said else []), *(note for note in notes_of([summary]) if note not in in_cells))
