"""What the cells of a column hold: dates, numbers, a few texts, nothing twice, or what identifies a person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from durata.records.amounts import as_number
from durata.records.cells import Cell, Defect, label
from durata.records.days import DayRules, as_day
from durata.records.privacy import identifies
from durata.records.units import kind_of_unit, unit_named
from durata.study.data_table import DateOrder

FEW = 12  # different texts of a column that looks like a category
UNKNOWN = frozenset({
    "na", "n/a", "n.a.", "nan", "null", "missing", "unknown", "not available", "not known", "unk", ".", "-", "--", "---",
    "/", "//", "\\", "?", "？", "不详", "未知", "不明", "不清", "不清楚", "缺失", "未记录", "未查", "未测", "无记录", "暂无", "待查",
})  # fmt: skip
NONE = frozenset({
    "无", "否", "没有", "未", "未复发", "无复发", "未死亡", "存活", "生存", "健在", "未手术", "未进展", "无进展", "no", "none",
    "never", "alive", "0",
})  # fmt: skip
YEAR_LAST = re.compile(r"[0-9]{4}$")
WITH_UNIT = re.compile(r"[0-9]+(?:\.[0-9]+)?\s*([^\d\s.,+~<>=-].*)")
ORDERS: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy")


@dataclass(frozen=True)
class Content:
    """The cells of one column, counted.

    ``filled`` cells are neither empty nor a word for unknown; ``counts`` has the different texts of these. ``unknown`` and
    ``none`` are the words as written that mean not known, and no event. ``dates`` counts readable dates by the order of day
    and month; ``numbers`` those that are numbers, a unit behind them allowed. ``labels`` are those of a statistics program.
    """

    n: int
    filled: int
    counts: Mapping[str, int]
    unknown: frozenset[str]
    none: Mapping[str, int]
    dates: Mapping[DateOrder, int]
    numbers: int
    plain: int
    units: Mapping[str, int]
    partial: int
    identifying: int
    labels: Mapping[str, str]

    @property
    def values(self) -> tuple[str, ...]:
        """The different texts as a study would read them: the labels where the file has some."""
        return tuple(dict.fromkeys(self.labels.get(text, text) for text in self.counts))

    @property
    def real(self) -> int:
        """Filled cells without the words that say that there was no event."""
        return self.filled - sum(self.none.values())

    def best_dates(self) -> int:
        """Cells readable as dates, in the order that reads most."""
        return max(self.dates.values())

    def looks_like(self) -> str:
        """The kind of the column by its cells alone: date, number, category, text, empty or personal."""
        if not self.filled:
            return "empty"
        if self.identifying:
            return "personal"
        if self.real and self.best_dates() >= 0.8 * self.real:
            return "date"
        if self.numbers >= 0.8 * self.filled and len(self.counts) > 5:
            return "number"
        if len(self.counts) <= FEW and len(self.counts) < max(self.filled, 2):
            return "category"
        return "number" if self.numbers >= 0.8 * self.filled else "text"


def content_of(cells: Sequence[Cell], labels: Mapping[float | str, str] | None = None) -> Content:
    """Count what the cells of a column hold; each different text is looked at once."""
    kinds: dict[object, tuple[Cell, int]] = {}
    for cell in cells:
        key = cell if type(cell) is str else (type(cell), cell)
        kinds[key] = (cell, kinds.get(key, (cell, 0))[1] + 1)
    counts: Counter[str] = Counter()
    none: Counter[str] = Counter()
    units: Counter[str] = Counter()
    dates: dict[DateOrder, int] = dict.fromkeys(ORDERS, 0)
    unknown: set[str] = set()
    numbers = plain = partial = identifying = 0
    for cell, n in kinds.values():
        text = label(cell)
        if not text:
            continue
        if text.casefold() in UNKNOWN:
            unknown.add(text)
            continue
        counts[text] += n
        identifying += n * identifies(text)
        if text.casefold() in NONE:
            none[text] += n
        orders = _orders(cell, text)
        for order in orders:
            dates[order] += n
        is_plain = not isinstance(as_number(cell), Defect)
        unit = None if is_plain else WITH_UNIT.fullmatch(text)
        if unit is not None and kind_of_unit(unit[1]):
            units[unit_named(unit[1])] += n
        plain += n * is_plain
        numbers += n * (is_plain or (unit is not None and bool(kind_of_unit(unit[1]))))
        partial += n * (not orders and _is_partial(cell))
    words = {label(value): label(said) for value, said in (labels or {}).items()}
    filled = counts.total()
    return Content(len(cells), filled, dict(counts), frozenset(unknown), dict(none), dates, numbers, plain, dict(units),
                   partial, identifying, words)  # fmt: skip


def _orders(cell: Cell, text: str) -> tuple[DateOrder, ...]:
    """The orders of day and month in which a cell is a date; all of them where its year stands first."""
    if not isinstance(as_day(cell), Defect):
        return ORDERS
    if YEAR_LAST.search(text) is None:
        return ()
    return tuple(order for order in ORDERS[1:] if not isinstance(as_day(cell, DayRules(order)), Defect))


def _is_partial(cell: Cell) -> bool:
    """Whether a cell that is no date is one without its day, which a declared rule could complete."""
    return not isinstance(cell, int | float) and not isinstance(as_day(cell, DayRules(partial="last")), Defect)
