"""What the header of a column says: its words without signs, its unit, and the dictionary's item whose name is nearest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from types import MappingProxyType

from durata.drafting.dictionary import Item, dictionary
from durata.records.units import kind_of_unit

NEAR_ENOUGH = 0.8
SHORTEST_NEAR = {True: 5, False: 4}  # letters of an English name, of a Chinese one
LONGEST = 200
SIGNS = re.compile(r"[\s_\-.,:;/\\·、，。：；()（）\[\]【】#*?？!]+")
IN_BRACKETS = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]\s*$")
BEHIND = re.compile(r"(?:[\s_/,.]+)([^\s_/,.]+)$")
# Names that differ in one of these mean different things, however alike they look.
TELLING = (
    "前", "后", "首", "末", "初", "最后", "开始", "起始", "结束", "停", "终", "复发", "进展", "转移", "死", "生存", "手术", "切除",
    "出生", "诊断", "入院", "出院", "随访", "辅助", "新辅助", "化疗", "放疗", "检查", "病理", "标本", "日期", "时间", "年龄", "编号",
    "原因", "部位", "是否", "电话", "姓名",
    "pre", "post", "before", "after", "start", "end", "first", "last", "begin", "stop", "recur", "relapse", "progress",
    "death", "dead", "surg", "birth", "diag", "follow", "adj", "neo", "date", "time", "month", "status", "size", "name",
    "cause", "site", "reason", "free",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """An item that a header may name: the synonym it is like, and how much (1: the same)."""

    item: Item
    synonym: str
    score: float


def bare(text: str) -> str:
    """A name without case, blanks and signs, full-width forms folded.

    >>> bare("Surgery_Date "), bare("手术 日期"), bare("ＩＤ")
    ('surgerydate', '手术日期', 'id')
    """
    return SIGNS.sub("", unicodedata.normalize("NFKC", text[:LONGEST]).casefold())


def split_unit(header: str) -> tuple[str, str]:
    """The header without its unit, and the unit; empty when it names none.

    >>> split_unit("肿瘤最大径（cm）"), split_unit("baseline_size_mm"), split_unit("手术日期")
    (('肿瘤最大径', 'cm'), ('baseline_size', 'mm'), ('手术日期', ''))
    """
    text = unicodedata.normalize("NFKC", header[:LONGEST]).strip()
    found = IN_BRACKETS.search(text)
    if found and text[: found.start()].strip():
        return text[: found.start()].strip(), found[1].strip()
    found = BEHIND.search(text)
    if found and len(found[1]) > 1 and kind_of_unit(found[1]) and text[: found.start()].strip():
        return text[: found.start()].strip(), found[1]
    return text, ""


@cache
def _synonyms() -> Mapping[str, tuple[tuple[Item, str], ...]]:
    found: dict[str, tuple[tuple[Item, str], ...]] = {}
    for item in dictionary():
        for name, synonym in {bare(synonym): synonym for synonym in item.synonyms}.items():
            found[name] = (*found.get(name, ()), (item, synonym))
    return MappingProxyType(found)


def named_exactly(header: str) -> tuple[Named, ...]:
    """The items whose name or synonym the header is, its unit aside: "death" can be a date and a status."""
    known = _synonyms()
    for text in (header, split_unit(header)[0]):
        if bare(text) in known:
            return tuple(Named(item, synonym, 1.0) for item, synonym in known[bare(text)])
    return ()


@cache
def named_nearly(header: str) -> tuple[Named, ...]:
    """The items whose name is near that of the header, nearest first; the same as :func:`named_exactly` if it is one."""
    exact = named_exactly(header)
    if exact:
        return exact
    text = bare(split_unit(header)[0])
    if len(text) < SHORTEST_NEAR[text.isascii()]:
        return ()
    best: dict[str, Named] = {}
    for synonym, item, shown, score in _near(text):
        if _telling(text) == _telling(synonym) and score > best.get(item.name, Named(item, "", 0.0)).score:
            best[item.name] = Named(item, shown, score)
    return tuple(sorted(best.values(), key=lambda one: -one.score))


def _near(text: str) -> Iterator[tuple[str, Item, str, float]]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(text)
    for synonym, homes in _synonyms().items():
        if len(synonym) < SHORTEST_NEAR[synonym.isascii()] or synonym.isascii() != text.isascii():
            continue
        matcher.set_seq1(synonym)
        if matcher.real_quick_ratio() >= NEAR_ENOUGH and matcher.quick_ratio() >= NEAR_ENOUGH:
            score = matcher.ratio()
            if score >= NEAR_ENOUGH:
                yield from ((synonym, item, shown, score) for item, shown in homes)


@cache
def _telling(text: str) -> frozenset[str]:
    return frozenset(word for word in TELLING if word in text)
