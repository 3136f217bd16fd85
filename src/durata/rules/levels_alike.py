"""Levels of a category that are probably one: they differ in capitals, blanks, script or a single letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import combinations

from durata.records.cells import NUMBER

SHORTEST = 5  # letters of a word in which a single one may be a slip
RARE = 0.1  # a slip occurs in at most this share of the cells with the other spelling, or in two cells
MOST_LEVELS = 60
# Letters of other scripts that look like Latin ones.
LOOKS = str.maketrans("АВЕКМНОРСТХаеорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTXaeopcyxABEZHIKMNOPTYX")
SAME = (
    ("男", "男性", "m", "male", "man"),
    ("女", "女性", "f", "female", "woman"),
    ("是", "yes", "y", "true"),
    ("否", "no", "n", "false"),
    ("阳性", "positive", "pos", "+", "(+)"),
    ("阴性", "negative", "neg", "-", "(-)"),
    ("死亡", "dead", "died", "deceased"),
    ("存活", "alive", "living"),
    ("胃", "stomach", "gastric"),
    ("直肠", "rectum", "rectal"),
    ("十二指肠", "duodenum", "duodenal"),
)
_ONE = {word: words[0] for words in SAME for word in words}
UNKNOWN = frozenset(
    [
        "unknown",
        "unk",
        "nk",
        "ukn",
        "missing",
        "none?",
        "na",
        "n/a",
        "nd",
        "n.d.",
        "nil",
        "?",
        "??",
        "/",
        "//",
        "-",
        "--",
        ".",
        "未知",
        "不详",
        "不明",
        "不清",
        "不祥",
        "未查",
        "未测",
        "缺失",
        "无记录",
        "无数据",
    ]
) | {"not known", "not recorded", "not available", "9", "99", "999", "9999", "-1", "-9", "-99", "-999"}


def alike(counts: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    """Pairs of levels that are probably one, the rarer first, and how they differ; ``counts`` says how often each occurs."""
    levels = list(counts)[:MOST_LEVELS]
    for first, second in combinations(levels, 2):
        how = difference(first, second)
        rare, common = sorted((first, second), key=lambda level: (counts[level], level))
        if how == "a letter" and counts[rare] > max(2, RARE * counts[common]):
            continue
        if how:
            yield rare, common, how


def difference(first: str, second: str) -> str:
    """How two levels differ when they are probably one; empty when they are probably two.

    >>> difference("Male", "male "), difference("男", "male"), difference("stomach", "stomch"), difference("exon 9", "exon 1")
    ('capitals, blanks or signs', 'the language', 'a letter', '')
    """
    if NUMBER.fullmatch(first) and NUMBER.fullmatch(second):
        return ""
    a, b = _bare(first), _bare(second)
    if a and a == b:
        return "capitals, blanks or signs"
    if (a and a == _bare(second.translate(LOOKS))) or (b and b == _bare(first.translate(LOOKS))):
        return "letters of another script"
    plain, other = (level.strip().casefold() for level in (first, second))
    if plain != other and plain in _ONE and _ONE[plain] == _ONE.get(other):
        return "the language"
    return "a letter" if _slip(first.casefold(), second.casefold()) else ""


def _bare(level: str) -> str:
    """Letters and numbers alone, capitals and full-width forms forgiven."""
    folded = unicodedata.normalize("NFKC", level).casefold()
    bare = re.sub(r"[\s_;:()\[\]'\"]+", "", folded)
    return re.sub(r"(?<![0-9])[.,-]+|[.,-]+(?![0-9])", "", bare)  # 1.5 is not 15, and 6-10 is not 610


def _slip(a: str, b: str) -> bool:
    """One letter more, less, other or exchanged with its neighbour, within a long word of Latin letters."""
    if abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < SHORTEST or a == b:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    x, y = a[start : len(a) - end], b[start : len(b) - end]
    one = max(len(x), len(y)) == 1 or (len(x) == 2 and x == y[::-1])
    letters = all(letter.isascii() and letter.isalpha() for letter in x + y)
    return one and letters and _word(a, start) and _word(b, start)


def _word(level: str, at: int) -> bool:
    """Whether the word around a position is long enough for a slip, and holds no number."""
    inside = next((m for m in re.finditer(r"[^\s_/.,;-]+", level) if m.start() <= at <= m.end()), None)
    return inside is not None and len(inside[0]) >= SHORTEST - 1 and inside[0].isalpha()
