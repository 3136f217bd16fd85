"""Cells that rows of answers become: p-values with their test named, estimates with limits, and the notes below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from durata.estimate.analysis import Refused
from durata.estimate.result import Effects, Summary, Test
from durata.language.speaking import ENGLISH, speak, spoken
from durata.show.number_style import between, bracketed, number_style, sentences
from durata.show.numbers import (
    NORMAL_QUANTILE,
    Cell,
    count,
    decimals,
    fixed,
    known,
    p_value,
    ratio,
    ratio_interval,
    refused,
)

OVERALL = "Overall"


def number_of(row: Mapping[str, Any], name: str) -> float | None:
    """The number in one column of a row; None where there is none."""
    value = row.get(name)
    return float(value) if value is not None and known(float(value)) else None


def confidence(answer: Summary | Effects | Refused | None, otherwise: float = 0.95) -> str:
    """What the intervals of an answer are called.

    >>> confidence(Summary("rates", (), settings={"conf_level": 0.9}))
    '90% CI'
    """
    level = otherwise
    if isinstance(answer, Summary):
        level = float(answer.settings.get("conf_level", otherwise))
    elif isinstance(answer, Effects):
        level = answer.conf_level
    return f"{100 * level:g}% CI"


def sentence(words: str) -> str:
    """Words as a sentence: a capital letter first (but for the p of a p-value), a full stop at the end.

    >>> sentence("chi-square test"), sentence("p was simulated")
    ('Chi-square test.', 'p was simulated.')
    """
    text = words.strip()
    # Chinese sentences begin with no capital: "χ²检验" is not "Χ²检验"
    first = text[:1] if text.startswith("p ") or spoken() != ENGLISH else text[:1].upper()
    return (
        first + text[1:] + ("" if text.endswith((".", "!", "?", "。", "！", "？")) or not text else number_style().stop)
    )


def versus(group: object, reference: object) -> str:
    """A comparison of two groups as a table or a figure names it.

    >>> versus("long", "short")
    'long vs short'
    """
    return speak("{group} vs {reference}", group=group, reference=reference)


def tested_cell(test: Test | Refused | None) -> Cell:
    """The p-value of a test, its method as the note; empty where no test was asked for."""
    if test is None:
        return Cell("")
    if isinstance(test, Refused):
        return refused(test.reason)
    return p_cell({**test.glance(), "note": ""})


def p_cell(row: Mapping[str, Any], name: str = "p_value", *, otherwise: str = "") -> Cell:
    """The p-value of one row with a note that names its test (only for the raw p-value), or why there is none."""
    p, note = number_of(row, name), sentence(str(row.get("note") or ""))
    if p is None:
        return refused(note or otherwise or speak("This test could not be computed."))
    method = sentence(str(row.get("method") or "")) if name == "p_value" else ""
    return Cell(p_value(p), sentences(part for part in (method, note) if part) if method else "")


def count_cell(row: Mapping[str, Any], name: str) -> Cell:
    """A number of people or events, or why it is not known."""
    value = number_of(row, name)
    return (
        Cell(count(value)) if value is not None else refused(str(row.get("note") or speak("This number is not known.")))
    )


def common_decimals(rows: Iterable[Mapping[str, Any]], factor: float = 1.0, at_most: int = 2) -> int:
    """Decimals for every estimate of a table: those that the least certain one deserves.

    ``factor`` turns an estimate into what is shown. A spread is read from the limits, which every answer has.
    """
    places = [at_most]
    for row in rows:
        low, high = number_of(row, "conf_low"), number_of(row, "conf_high")
        if low is not None and high is not None and high > low:
            places.append(decimals(abs(factor) * (high - low) / (2 * NORMAL_QUANTILE)))
    return min(places)


def estimate_cell(row: Mapping[str, Any], places: int, factor: float = 1.0) -> Cell:
    """An estimate with its limits, all multiplied by ``factor``; the reason where one of them is missing."""
    value, low, high = (number_of(row, name) for name in ("estimate", "conf_low", "conf_high"))
    note = sentence(str(row.get("note") or ""))
    if value is None:
        return refused(note or speak("There is no estimate."))
    if low is None or high is None or low == high:
        return Cell(fixed(factor * value, places), note or speak("There is no interval: the estimate has no spread."))
    limits = between(fixed(factor * low, places), fixed(factor * high, places))
    return Cell(bracketed(fixed(factor * value, places), limits), note)


def ratio_cell(row: Mapping[str, Any]) -> Cell:
    """A ratio (on the ratio scale) with its limits; one that is exactly 0, or has no upper limit, says so."""
    value, low, high = (number_of(row, name) for name in ("estimate", "conf_low", "conf_high"))
    note = sentence(str(row.get("note") or ""))
    if value is None:
        return refused(note or speak("There is no ratio."))
    if low is None:
        return Cell(ratio(value) if value else "0", note or speak("There is no interval for this ratio."))
    to = number_style().to
    shown = ratio_interval(value, low, float("inf") if high is None else high)
    if high is None:
        shown = shown.rpartition(to)[0] + to + speak("no limit") + ")"
    if value == 0:
        # no event in the group at all: 0 is what was counted, not a very small ratio
        shown = bracketed("0", between("0", shown.rpartition(to)[2].removesuffix(")")))
    return Cell(shown, note)


def notes_of(answers: Iterable[Summary | Test | Effects | Refused | None]) -> tuple[str, ...]:
    """What the answers of one table want to have said below it, each once."""
    return tuple(
        dict.fromkeys(
            note.message
            for answer in answers
            if answer is not None and not isinstance(answer, Refused)
            for note in answer.notes
        )
    )
