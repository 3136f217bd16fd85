"""Values with labels, as SPSS and Stata store categories: the study's levels are found among the values or among their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from durata.finding import Severity
from durata.records.cells import Cell, Defect, label
from durata.records.columns import Wanted, level_names
from durata.study.near import listed


@dataclass(frozen=True)
class Worded:
    """The cells of a column after the choice; ``trouble`` when none can be made, ``said`` what to tell of the column."""

    cells: Sequence[Cell]
    trouble: Defect | None = None
    said: tuple[tuple[Severity, Defect], ...] = field(default=())


def worded(
    wanted: Wanted,
    cells: Sequence[Cell],
    labels: Mapping[float | str, str],
    missing: frozenset[str],
    values: Mapping[str, str],
) -> Worded:
    """The cells of a column whose values have labels.

    A category takes the labels, unless the study declares levels, codes or [data.values] and the stored values are the
    ones that fit these better. When both fit and would not mean the same, that is refused. Numbers stay numbers; that
    one of them has a label ("999 = unknown") is said.
    """
    words = {label(value): label(text) for value, text in labels.items()}
    texts = [label(cell) for cell in cells]
    present = set(texts) - missing
    if wanted.kind != "category":
        named = [text for text in texts if text in words and text not in missing]
        return Worded(cells, said=_named(named, words) if wanted.kind == "number" and named else ())
    known = {*level_names(wanted), *values}
    if wanted.levels is None and not wanted.codes and wanted.covariate is not None and not values:
        reference = wanted.covariate.reference
        known = set() if reference is None else {label(str(reference))}
    strange = present - known
    strange_words = {words.get(text, text) for text in present} - known - missing
    differ = any(words.get(text, text) != text for text in present)
    if differ and known and not strange and not strange_words:
        both = "the values and their labels both fit the declared levels and do not mean the same ({values})."
        told = {"values": listed(f"{text} = {words[text]}" for text in sorted(present & set(words)))}
        remedy = "Change the labels in the file, or take them away."
        return Worded(cells, Defect("D08", both, remedy, told))
    if known and len(strange) <= len(strange_words):
        return Worded(cells)
    taken = [words.get(text, text) if text not in missing else "" for text in texts]
    return Worded(taken, said=_by_labels(present, words) if differ else ())


def _by_labels(present: set[str], words: Mapping[str, str]) -> tuple[tuple[Severity, Defect], ...]:
    told = {"values": listed(f"{text} = {words[text]}" for text in sorted(present & set(words)))}
    return ((Severity.INFO, Defect("D03", "read by the labels of its values: {values}.", "", told)),)


def _named(named: Sequence[str], words: Mapping[str, str]) -> tuple[tuple[Severity, Defect], ...]:
    told = {"n": len(named), "values": listed(f"{text} = {words[text]}" for text in sorted(set(named)))}
    what = "{n:,} cell(s) with a number that the file gives a name ({values}) are read as that number."
    remedy = "If it stands for 'unknown', name it under [data] missing."
    return ((Severity.WARNING, Defect("D07", what, remedy, told)),)
