"""A Table becomes Recognised: which column is which item of the dictionary and why, what is left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from durata.drafting.content import Content, content_of
from durata.drafting.dictionary import Item, dictionary
from durata.drafting.headers import Named, named_exactly, named_nearly
from durata.drafting.whole_file import looks_like_data
from durata.language.speaking import speak
from durata.records.columns import folded
from durata.records.tables import Table, letters
from durata.study.near import shortened

MOST_COMPARED = 1000  # columns whose names are compared with names that are only near
LONGEST_NAME = 200
MOST_STATUS = 8


@dataclass(frozen=True)
class Column:
    """A column of the file: its position, its name as a study file has to write it, what its cells hold."""

    place: int
    name: str
    content: Content

    @property
    def shown(self) -> str:
        """The name in quotes, short enough for a line; only the letter of the column where the name may be a patient's."""
        if not self.name or looks_like_data(self.name):
            return speak("column {letter}", letter=letters(self.place))
        return '"' + " ".join(shortened(self.name).split()) + '"'


@dataclass(frozen=True)
class Match:
    """A column that is an item of the dictionary, the reason in words, and the other columns that could be it."""

    item: Item
    column: Column
    reason: str
    sure: bool = True
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recognised:
    """What was recognised in a file, by item; ``left`` are other columns with the reason; ``personal`` those never read."""

    columns: tuple[Column, ...]
    matches: Mapping[str, Match]
    left: tuple[tuple[Column, str], ...]
    personal: tuple[Column, ...] = field(default=())

    def role(self, role: str) -> Match | None:
        """The column that plays a role; the first in the dictionary if several do."""
        return next((one for one in self.matches.values() if one.item.role == role), None)


def recognise(table: Table) -> Recognised:
    """Compare every column with the dictionary, by its name and by its cells."""
    twice = {name for name, n in Counter(map(folded, table.header)).items() if n > 1}
    columns = [
        Column(k, folded(name), content_of(table.cells[k], table.labels.get(k))) for k, name in enumerate(table.header)
    ]
    left: dict[int, str] = {}
    for column in columns:
        if not column.name:
            left[column.place] = speak("the column has no name")
        elif column.name in twice:
            left[column.place] = speak("the name stands more than once; give each column a name of its own")
        elif len(column.name) > LONGEST_NAME:
            left[column.place] = speak("the name is too long")
        elif looks_like_data(column.name):
            left[column.place] = speak("the name looks like a cell of a patient")
    usable = [column for column in columns if column.place not in left]
    personal = [column for column in usable if _is_personal(column)]
    hidden = {column.place for column in personal}
    open_columns = [column for column in usable if column.place not in hidden]
    matches, unfit = _by_name(open_columns)
    matches |= _by_content(open_columns, matches)
    _identifier(columns, matches, open_columns)
    taken = {one.column.place for one in matches.values()}
    also = {place: one.item for one in matches.values() for place in _places(one.others, open_columns)}
    for column in open_columns:
        if column.place not in taken:
            left[column.place] = _why_not(column, unfit, also)
    ordered = {item.name: matches[item.name] for item in dictionary() if item.name in matches}
    return Recognised(
        tuple(columns), ordered, tuple((one, left[one.place]) for one in columns if one.place in left), tuple(personal)
    )


def _is_personal(column: Column) -> bool:
    """Whether the name or the cells of a column say that it identifies people; an identifier of the study does not."""
    named = named_exactly(column.name)
    if any(one.item.kind == "personal" for one in named):
        return True
    wanted = any(one.item.kind in ("identifier", "hospital number") for one in named)
    return column.content.identifying > 0 and not wanted


def _by_name(columns: Sequence[Column]) -> tuple[dict[str, Match], dict[int, str]]:
    """Matches by item, the nearest names first; and why a column whose name fits is none, by position."""
    pairs: list[tuple[Named, Column]] = []
    for k, column in enumerate(columns):
        exact = named_exactly(column.name)
        near = named_nearly(column.name) if k < MOST_COMPARED else ()
        pairs += [(named, column) for named in exact or near]
    order = {item.name: k for k, item in enumerate(dictionary())}
    pairs.sort(key=lambda pair: (-pair[0].score, not pair[1].content.filled, order[pair[0].item.name], pair[1].place))
    matches: dict[str, Match] = {}
    unfit: dict[int, str] = {}
    taken: set[int] = set()
    scores: dict[str, float] = {}
    rivals: dict[str, list[str]] = {}
    for named, column in pairs:
        if column.place in taken or named.item.kind == "personal":
            continue
        against = _against(named.item, column.content)
        if against:
            unfit.setdefault(
                column.place, speak('like "{synonym}", but {against}', synonym=named.synonym, against=against)
            )
        elif named.item.name in matches:
            if named.score > scores[named.item.name] - 0.05:
                rivals.setdefault(named.item.name, []).append(column.shown)
        else:
            taken.add(column.place)
            scores[named.item.name] = named.score
            matches[named.item.name] = Match(named.item, column, _reason(named, column), named.score == 1.0)
    for name, others in rivals.items():
        one = matches[name]
        matches[name] = Match(one.item, one.column, one.reason, False, tuple(others))
    return matches, unfit


def _places(others: Sequence[str], columns: Sequence[Column]) -> list[int]:
    return [column.place for column in columns if column.shown in others]


def _reason(named: Named, column: Column) -> str:
    words = _held(named.item, column.content)
    if named.score == 1.0:
        return speak('recognised: {header} (a name of "{item}"), {held}', header=column.shown, item=named.item.label,
                     held=words)  # fmt: skip
    return speak('recognised: {header} (near "{synonym}", {score:.2f}: please check), {held}', header=column.shown,
                 synonym=named.synonym, score=named.score, held=words)  # fmt: skip


def _held(item: Item, content: Content) -> str:
    """What was found in the cells, in numbers."""
    if not content.n:
        return speak("nothing is filled in yet")
    if item.kind == "date":
        return speak("{n} dates in {of} cells", n=content.best_dates(), of=content.n)
    if item.kind in ("number", "time"):
        return speak("{n} numbers in {of} cells", n=content.numbers, of=content.n)
    if item.kind in ("identifier", "hospital number"):
        return speak("{n} different values in {of} cells", n=len(content.counts), of=content.n)
    return speak("{n} different values in {of} filled cells", n=len(content.counts), of=content.filled)


def _against(item: Item, content: Content) -> str:
    """Why the cells of a column do not fit an item; empty when they do, or when there are none."""
    if not content.filled:
        return ""
    if item.kind == "date" and content.real and content.best_dates() + content.partial < 0.5 * content.real:
        return speak("only {n} of its {of} filled cells are dates", n=content.best_dates(), of=content.filled)
    if item.kind in ("number", "time") and content.numbers < 0.5 * content.filled:
        return speak("only {n} of its {of} filled cells are numbers", n=content.numbers, of=content.filled)
    if item.kind == "status" and len(content.values) > MOST_STATUS:
        return speak("it holds {n} different values", n=len(content.values))
    if item.kind == "category" and (len(content.values) > 40 or (item.levels and content.looks_like() == "date")):
        return speak("it holds {n} different values", n=len(content.values))
    if item.kind == "identifier" and len(content.counts) < 0.8 * content.filled:
        return speak("only {n} of its {of} filled cells are different", n=len(content.counts), of=content.filled)
    return ""


def _by_content(columns: Sequence[Column], known: Mapping[str, Match]) -> dict[str, Match]:
    """Categories whose every value is a level of an item that can be told by them."""
    taken = {one.column.place for one in known.values()}
    found: dict[str, Match] = {}
    for item in dictionary():
        if not item.by_content or item.name in known:
            continue
        for column in columns:
            values = column.content.values
            if column.place in taken or not 2 <= len(values) <= MOST_STATUS or item.name in found:
                continue
            if all(item.level_of(value) is not None for value in values):
                reason = speak('recognised: {header} (its values are those of "{item}"), {held}', header=column.shown,
                               item=item.label, held=_held(item, column.content))  # fmt: skip
                found[item.name] = Match(item, column, reason, sure=False)
                taken.add(column.place)
    return found


def _identifier(columns: Sequence[Column], matches: dict[str, Match], usable: Sequence[Column]) -> None:
    """The identifier: its own column, else a hospital number, else the first column that is filled and never twice."""
    number = matches.pop("hospital_number", None)
    item = next(one for one in dictionary() if one.name == "patient_id")
    if "patient_id" in matches:
        return
    if number is not None:
        reason = speak("{reason}; a number of the study's own would be safer", reason=number.reason)
        matches["patient_id"] = Match(item, number.column, reason, sure=False)
        return
    taken = {one.column.place for one in matches.values()}
    for column in usable:
        content = column.content
        unique = 1 < content.n == content.filled == len(content.counts)
        if (
            column.place not in taken
            and unique
            and content.looks_like() in ("text", "number")
            and not _fractions(content)
        ):
            reason = speak("recognised: {header} (every cell is filled and none is there twice)", header=column.shown)
            matches["patient_id"] = Match(item, column, reason, sure=False)
            return


def _fractions(content: Content) -> bool:
    return any("." in text for text in content.counts) and content.numbers == content.filled


def _why_not(column: Column, unfit: Mapping[int, str], also: Mapping[int, Item]) -> str:
    """Why a column that could be used was not."""
    if column.place in unfit:
        return unfit[column.place]
    if column.place in also:
        return speak('could be "{item}" too; another column was taken', item=also[column.place].label)
    if any(one.item.kind == "hospital number" for one in named_exactly(column.name)):
        return speak("a hospital number is not needed beside the patient identifier, and is not read")
    kind = column.content.looks_like()
    words = {
        "empty": speak("no cell is filled"),
        "date": speak("no known name; it looks like dates"),
        "number": speak("no known name; it looks like numbers"),
        "category": speak("no known name; it looks like a category"),
        "text": speak("no known name; it looks like free text"),
    }
    return words.get(kind, speak("no known name"))
