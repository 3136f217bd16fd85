"""Columns that look as if they told who a patient is: by their name, and by what stands in a sample of their cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from durata.records.cells import Cell, label
from durata.records.privacy import MOBILE, identity_numbers

Kind = Literal["identity number", "telephone number", "name", "hospital number", "free text"]
Read = Literal["identifier", "covariate", "not read"]
SAMPLE = 2_000  # different cells of a column that are looked at
SHARE = 0.5  # of them that must be of a kind that single cells cannot prove
LONG_TEXT = 20  # characters; in Chinese half of that

HEADERS: dict[Kind, re.Pattern[str]] = {
    "identity number": re.compile(
        r"身份证|证件号|\b(national|citizen) id\b|\bid ?card\b|\bssn\b|\bsocial security\b|\bpassport\b|护照"
    ),
    "telephone number": re.compile(r"电话|手机|联系方式|\b(tele)?phone\b|\bmobile\b|\btel\b|\bcell ?phone\b|\bfax\b"),
    "name": re.compile(r"姓名|患者名|病人名|^(patient|full|first|last|family|given|sur) ?name$|^name$|^surname$"),
    "hospital number": re.compile(
        r"住院号|病案号|病历号|门诊号|登记号|就诊卡|\bmrn\b|\bmedical record\b|\bhospital (no|number|id)\b|\bchart no\b"
    ),
    "free text": re.compile(
        r"备注|病史|主诉|住址|地址|\baddress\b|\bremarks?\b|\bcomments?\b|\bnotes?\b|\bfree text\b"
    ),
}
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
CHINESE_NAME = re.compile(r"[\u4e00-\u9fff·]{2,4}")
LATIN_NAME = re.compile(r"[A-Z][a-zA-Z'\-]+(,? [A-Z][a-zA-Z'\-.]*){1,2}")
OLD_IDENTITY_NUMBER = re.compile(
    r"(?<![0-9])[1-8][0-9]{5}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class Personal:
    """A column that looks personal: its header, of which kind, whether the study reads it and as what, how it was known.

    ``cells`` counts the different cells of the sample that are of the kind (0: by the header alone).
    """

    header: str
    kind: Kind
    read: Read
    cells: int = 0


def by_header(header: str) -> Kind | None:
    """What a column holds, as far as its name says it.

    >>> by_header("身份证号码"), by_header("Mobile_phone"), by_header("tumour_size")
    ('identity number', 'telephone number', None)
    """
    words = re.sub(r"[_.\-\s]+", " ", unicodedata.normalize("NFKC", header).casefold()).strip()
    return next((kind for kind, pattern in HEADERS.items() if pattern.search(words)), None)


def by_cells(header: str, cells: Iterable[Cell]) -> tuple[Kind | None, int]:
    """What a column holds, as far as its cells prove it, and how many different ones of a sample do.

    One identity number with its right check character proves itself. Telephone numbers and identity numbers of the old
    form, without a check character, are believed when most cells are such; names when the header says names.
    """
    texts = _sample(cells)
    if not texts:
        return None, 0
    proven = sum(any(identity_numbers(text)) for text in texts)
    if proven:
        return "identity number", proven
    old = sum(OLD_IDENTITY_NUMBER.fullmatch(text) is not None for text in texts)
    if old > SHARE * len(texts):
        return "identity number", old
    phones = sum(MOBILE.search(text) is not None for text in texts)
    if phones and (phones > SHARE * len(texts) or by_header(header) == "telephone number"):
        return "telephone number", phones
    named = by_header(header)
    names = sum(_is_name(text) for text in texts)
    if names > SHARE * len(texts) and (named == "name" or _chinese_names(texts)):
        return "name", names
    if named is None or named == "free text":
        long = sum(_is_long(text) for text in texts)
        if long > SHARE * len(texts) and len(texts) >= 3:
            return "free text", long
    return None, 0


def _sample(cells: Iterable[Cell]) -> Sequence[str]:
    """Different texts from the beginning of a column."""
    different = islice(dict.fromkeys(islice(cells, 10 * SAMPLE)), SAMPLE)
    return list(dict.fromkeys(text for cell in different if (text := label(cell))))


def _is_name(text: str) -> bool:
    chinese = CHINESE_NAME.fullmatch(text) is not None and text[0] in SURNAMES
    return chinese or LATIN_NAME.fullmatch(text) is not None


def _chinese_names(texts: Sequence[str]) -> bool:
    """Whether texts are Chinese names though no header says so: many, of two to four characters, most with a surname."""
    chinese = [text for text in texts if CHINESE_NAME.fullmatch(text)]
    with_surname = sum(text[0] in SURNAMES for text in chinese)
    return len(texts) >= 20 and with_surname > 0.8 * len(texts)


def _is_long(text: str) -> bool:
    return len(text) >= LONG_TEXT // (1 if text.isascii() else 2) and (not text.isascii() or " " in text)
