"""Tables of weighted groups: how much covariates differ before and after, and how many people the weights leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from durata.estimate.balance import AFTER, BEFORE
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.show.answer_cells import notes_of, sentence
from durata.show.effect_tables import Words
from durata.show.number_style import number_style
from durata.show.numbers import Cell, count, fixed, percent, refused
from durata.show.table import Head, Row, Table

PLAIN = Words()
TOO_FAR = 0.1
"""A standardised difference above this is commonly taken for imbalance."""


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One column of a covariate: the largest difference between any two groups, before and after weighting."""

    label: str
    before: float | None
    after: float | None


def balance_rows(balance: Summary, words: Words = PLAIN) -> tuple[BalanceRow, ...]:
    """The covariates of :func:`durata.balance_table` in their order, each with its largest differences."""
    found: dict[tuple[str, str], dict[str, float | None]] = {}
    for row in balance.rows():
        found.setdefault((row["term"], row["level"]), {})[row["method"]] = row["std_difference"]
    return tuple(
        BalanceRow(
            words.variables.get(term, term) + (f"{number_style().colon}{level}" if level else ""),
            both.get(BEFORE),
            both.get(AFTER),
        )
        for (term, level), both in found.items()
    )


def balance_words(rows: tuple[BalanceRow, ...]) -> str:
    """The alternative text of the figure: every covariate before and after."""
    return speak(
        "Largest standardised difference between any two groups, unweighted and weighted. {rows}.",
        rows=speak("; ").join(
            speak(
                "{covariate}: {before}, then {after}",
                covariate=row.label,
                before=_said(row.before),
                after=_said(row.after),
            )
            for row in rows
        ),
    )


def balance_of_covariates(balance: Summary, *, title: str, words: Words = PLAIN) -> Table:
    """The largest standardised difference of each covariate between any two groups, before and after weighting."""
    heads = (
        Head(speak("Unweighted"), spanner=speak("Largest SMD")),
        Head(speak("Weighted"), spanner=speak("Largest SMD")),
    )
    rows = tuple(Row(row.label, (_cell(row.before), _cell(row.after))) for row in balance_rows(balance, words))
    note = speak("SMD: standardised mean difference, {method}; largest of all pairs of groups.", method=balance.method)
    return Table(title, speak("Covariate"), heads, rows, (note, *notes_of([balance])))


def weights_table(weights: Summary, positivity: Summary, *, title: str) -> Table:
    """People, effective sample size, weight carried by the few, and the least chance of each group."""
    numbers = {(row["group"], row["term"]): row["estimate"] for row in (*weights.rows(), *positivity.rows())}
    heads = (
        Head(speak("Patients"), "right"),
        Head(speak("Effective sample size")),
        Head(speak("Largest weight / mean")),
        Head(speak("Weight of the top 5%")),
        Head(speak("Least chance of the group")),
    )
    rows = []
    for level in dict.fromkeys(group for group, _ in numbers):
        people, total = numbers[level, "people"], numbers[level, "sum of weights"]
        least = numbers.get((level, "least chance"))
        rows.append(
            Row(
                speak("all") if level == "all" else level,
                (
                    Cell(count(people)),
                    Cell(fixed(numbers[level, "effective sample size"], 1)),
                    Cell(fixed(numbers[level, "largest weight"] * people / total, 2)),
                    Cell(percent(numbers[level, "share of the largest 5%"])),
                    Cell("") if least is None else Cell(fixed(least, 3)),
                ),
            )
        )
    notes = (
        speak("Effective sample size: so many patients of equal weight would say as much."),
        speak("Chance of the group: {method}.", method=positivity.method),
    )
    return Table(title, speak("Group"), heads, tuple(rows), (*map(sentence, notes), *notes_of([weights])))


def far_apart(balance: Summary, words: Words = PLAIN) -> Iterator[str]:
    """The covariates that still differ after weighting."""
    return (row.label for row in balance_rows(balance, words) if row.after is None or row.after > TOO_FAR)


def to_draw(rows: tuple[BalanceRow, ...]) -> tuple[BalanceRow, ...]:
    """The rows with both numbers; CannotEstimate when there are none."""
    drawn = tuple(row for row in rows if _drawable(row.before) and _drawable(row.after))
    if not drawn:
        raise CannotEstimate(speak("There is no balance to draw: no covariate has a standardised difference."))
    return drawn


def _drawable(value: float | None) -> bool:
    return value is not None and value < float("inf")


def _cell(value: float | None) -> Cell:
    return refused(speak("a group has one person only")) if value is None else Cell(_said(value))


def _said(value: float | None) -> str:
    if value is None:
        return speak("unknown")
    return "∞" if value == float("inf") else fixed(value, 3)
