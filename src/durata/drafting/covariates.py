"""Recognised columns become covariates of a study file: units, ranges and levels as far as the cells bear them out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from durata.drafting.dictionary import Item
from durata.drafting.headers import split_unit
from durata.drafting.proposal import Key, Section, Value
from durata.drafting.recognise import Column, Match
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak, spoken
from durata.records.amounts import NumberRules, as_number
from durata.records.cells import Defect, label
from durata.records.tables import Table
from durata.records.units import converted, kind_of_unit, unit_named


@dataclass(frozen=True)
class Covariate:
    """A covariate of the draft: its table, the unit of a number, the levels found, [data.values], what to look at."""

    match: Match
    section: Section
    unit: str = ""
    levels: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    look: str = ""


def covariate(match: Match, table: Table) -> Covariate:
    """The covariate that a recognised column of numbers or categories becomes."""
    return _number(match, table) if match.item.kind == "number" else _category(match)


def _number(match: Match, table: Table) -> Covariate:
    item, column = match.item, match.column
    unit, guessed = unit_of(item, column, table)
    numbers = numbers_of(table, column, unit)
    said = [_said(match)]
    keys = [*_labelled(item), Key("type", "number")]
    if unit:
        keys.append(Key("unit", unit))
    if guessed:
        said.append(speak("The unit is a guess from the size of the numbers."))
    limits = _limits(item, unit)
    look = speak("{header}: is the unit {unit}?", header=column.shown, unit=unit) if guessed else ""
    if limits is not None:
        outside = int(np.sum((numbers < limits[0]) | (numbers > limits[1])))
        if outside:
            told = {"n": outside, "low": f"{limits[0]:g}", "high": f"{limits[1]:g}"}
            said.append(
                speak("{n} number(s) are outside {low} to {high}; look at them before you declare a range.", **told)
            )
            look = look or speak("{header}: {n} number(s) outside {low} to {high}", header=column.shown, **told)
        else:
            keys.append(Key("range", limits))
    unread = column.content.filled - column.content.numbers
    if unread:
        said.append(speak("{n} cell(s) are not numbers; durata check names them.", n=unread))
    return Covariate(match, Section(("covariates", column.name), (*keys, *_placed(item)), tuple(said)), unit, look=look)


def unit_of(item: Item, column: Column, table: Table) -> tuple[str, bool]:
    """The unit of a number column, and whether it is a guess: from the cells, the header, the size, or the dictionary."""
    units = column.content.units
    if units:
        return max(units, key=lambda unit: units[unit]), False
    named = split_unit(column.name)[1]
    known = kind_of_unit(item.units.get("en", ""))
    if named and (not known or kind_of_unit(named) == known):
        return named, False
    if known == "length" and item.range is not None and column.content.filled:
        numbers = numbers_of(table, column, "")
        fits = {unit: _fitting(numbers, _limits(item, unit), item, unit) for unit in ("mm", "cm")}
        return max(fits, key=lambda unit: fits[unit]), True
    return item.unit, False


def _fitting(numbers: FloatArray, limits: tuple[float, float] | None, item: Item, unit: str) -> float:
    """How well numbers fit a length in a unit: tumours are some centimetres, so the middle should be 10 to 300 mm."""
    known = numbers[np.isfinite(numbers)]
    if limits is None or not known.size:
        return 0.0
    inside = float(np.mean((known >= limits[0]) & (known <= limits[1])))
    size = converted(float(np.median(known)), unit, "mm") or 0.0
    likely = 20 <= size <= 300 or (size < 20 and unit == "cm")
    return inside + 0.5 * likely


def _limits(item: Item, unit: str) -> tuple[float, float] | None:
    """The plausible range of an item in the unit of its column."""
    if item.range is None:
        return None
    own = item.units.get("en", "")
    if not own or unit in item.units.values() or unit_named(unit) == unit_named(own):
        return item.range
    low, high = (converted(limit, own, unit) for limit in item.range)
    return None if low is None or high is None else (low, high)


def numbers_of(table: Table, column: Column, unit: str) -> FloatArray:
    """The numbers of a column (n,), NaN where there is none."""
    rules = NumberRules(unit=unit)
    read = (as_number(cell, rules) for cell in table.cells[column.place])
    return np.array([math.nan if isinstance(number, Defect) else number for number in read], dtype=np.float64)


def _category(match: Match) -> Covariate:
    item, column = match.item, match.column
    said = [_said(match)]
    levels, values = _levels(item, column)
    keys = [*_labelled(item), Key("type", "category")]
    if levels:
        keys.append(Key("levels", tuple(map(_code, levels))))
    elif column.content.n:
        n = len(column.content.values)
        said.append(
            speak("The levels are the {n} different texts of the column; declare them in order as levels = [...].", n=n)
        )
    section = Section(("covariates", column.name), (*keys, *_placed(item)), tuple(said))
    return Covariate(match, section, levels=levels, values=values)


def _levels(item: Item, column: Column) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The levels in the dictionary's order, as the column writes them, and the other spellings of each; none if one is unknown."""
    if not column.content.n:
        return tuple(level.words[spoken()] for level in item.levels), ()
    spelled: dict[str, Counter[str]] = {}
    words = column.content.labels
    for text, n in column.content.counts.items():
        level = item.level_of(words.get(text, text))
        if level is None:
            return (), ()
        spelled.setdefault(level.name, Counter())[words.get(text, text)] += n
    chosen = {name: max(texts, key=lambda text: texts[text]) for name, texts in spelled.items()}
    others = tuple((text, chosen[name]) for name, texts in spelled.items() for text in texts if text != chosen[name])
    if others and words:
        return (), ()
    if item.role == "imaging response":  # nobody with a complete response is a result, and its level is needed
        chosen = {level.name: level.words[spoken()] for level in item.levels} | chosen
    return tuple(chosen[level.name] for level in item.levels if level.name in chosen), others


def _code(text: str) -> Value:
    return int(text) if text.isascii() and text.isdigit() and label(str(int(text))) == text else text


def _said(match: Match) -> str:
    if not match.others:
        return match.reason
    return speak("{reason}. Could also be {others}; choose.", reason=match.reason, others=", ".join(match.others))


def _labelled(item: Item) -> tuple[Key, ...]:
    return (Key("label", item.label),)


def _placed(item: Item) -> tuple[Key, ...]:
    """When it is known, and under which heading it is described."""
    if item.timing != "post":
        return ()
    parts = {
        "response": speak("Imaging response"),
        "surgery": speak("Surgery"),
        "pathology": speak("Pathology"),
        "adjuvant": speak("Adjuvant treatment"),
        "follow-up": speak("Follow-up"),
    }
    return Key("timing", "post"), *([Key("part", parts[item.part])] if item.part else [])
