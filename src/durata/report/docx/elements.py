"""The XML of Word's texts: runs, fields, bookmarks and links; what a user wrote can only ever become text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.oxml.xmlchemy import BaseOxmlElement

from durata.show.printable import UNPRINTABLE

Element = BaseOxmlElement

BREAKS = re.compile("[\t\n\r\x85\u2028\u2029]+")
# what Word sets in the East Asian font only where it is told to: quotation marks, dashes, dots among Chinese words
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")


def element(tag: str, attributes: Mapping[str, str | int | None] | None = None, *children: Element) -> Element:
    """An element by its prefixed name; an attribute of None is left out."""
    given = {qn(name): str(value) for name, value in (attributes or {}).items() if value is not None}
    made = OxmlElement(tag, given)
    for child in children:
        made.append(child)
    return made


def value(tag: str, val: str | int) -> Element:
    """An element that is nothing but its w:val."""
    return element(tag, {"w:val": val})


def bold() -> Element:
    """The look of heavy letters."""
    return value("w:b", 1)


def raised() -> Element:
    """The look of a note's mark."""
    return value("w:vertAlign", "superscript")


def clean(text: str) -> str:
    r"""Text as XML can hold it: on one line, without controls and without marks that turn their neighbours round.

    >>> clean("one\ntwo\x00")
    'one two\ufffd'
    """
    return UNPRINTABLE.sub("\ufffd", BREAKS.sub(" ", text))


def run(text: str, *looks: Element) -> Element:
    """A piece of text; ``looks`` are the elements of its w:rPr in the order of the schema."""
    words = clean(text)
    made = element("w:r")
    hint = [element("w:rFonts", {"w:hint": "eastAsia"})] if CHINESE.search(words) else []
    styles = [one for one in looks if one.tag == qn("w:rStyle")]
    others = [one for one in looks if one.tag != qn("w:rStyle")]
    if looks or hint:
        made.append(element("w:rPr", None, *styles, *hint, *others))
    content = element("w:t", {"xml:space": "preserve"})
    content.text = words
    made.append(content)
    return made


def field(code: str, shown: str, *looks: Element) -> Iterator[Element]:
    """A field that Word can count again, with what it shows now; ``code`` is made by durata, never by a user."""
    instruction = element("w:instrText", {"xml:space": "preserve"})
    instruction.text = f" {code} "
    for step in ("begin", "", "separate", "shown", "end"):
        if step == "shown":
            yield run(shown, *(deepcopy(look) for look in looks))
            continue
        # every piece has the look of the whole: a program that counts anew takes it from the first
        look = element("w:rPr", None, *(deepcopy(look) for look in looks))
        yield element("w:r", None, look, element("w:fldChar", {"w:fldCharType": step}) if step else instruction)


def bookmark(name: str, number: int, *children: Element) -> Iterator[Element]:
    """Children with a bookmark round them; the number is the document's own count of its bookmarks."""
    yield element("w:bookmarkStart", {"w:id": number, "w:name": name})
    yield from children
    yield element("w:bookmarkEnd", {"w:id": number})


def link(name: str, *children: Element) -> Element:
    """Children that lead to a bookmark of the same document."""
    return element("w:hyperlink", {"w:anchor": name, "w:history": "1"}, *children)


def paragraph(style: str, *children: Element, **settings: Element | None) -> Element:
    """A paragraph in a style, with settings of its own: keep, numbering, spacing, indentation, align."""
    order = ("keep", "numbering", "spacing", "indentation", "align")
    own = [one for name in order if (one := settings.get(name)) is not None]
    return element("w:p", None, element("w:pPr", None, value("w:pStyle", style), *own), *children)
