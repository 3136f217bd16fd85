"""What a Word file holds beside its text: numbering, settings, properties; and the package, the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.coreprops import CoreProperties
from docx.opc.packuri import PackURI
from docx.opc.part import Part

from durata.report.docx.elements import Element, clean, element, value
from durata.report.docx.styles import BULLETS, LANGUAGE, NUMBERS, styles, twips

DATE = (1980, 1, 1, 0, 0, 0)  # the oldest a zip file can say; no clock goes into a report
UNWANTED = ("thumbnail", "customXml", "stylesWithEffects", "webSettings", "theme", "fontTable", "extended-properties")
APPLICATION = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    b"<Application>durata</Application></Properties>"
)


def empty_document(title: str, language: str) -> WordDocument:
    """A Word document without any text, with the house's styles; nothing of python-docx's own template stays in it."""
    word = docx.Document()
    package = word.part.package
    for holder in (package.rels, word.part.rels):
        for key in [key for key, relation in holder.items() if relation.reltype.rsplit("/", 1)[-1] in UNWANTED]:
            del holder[key]
    application = Part(PackURI("/docProps/app.xml"), CONTENT_TYPE.OFC_EXTENDED_PROPERTIES, APPLICATION, package)
    package.relate_to(application, RELATIONSHIP_TYPE.EXTENDED_PROPERTIES)
    _replace(word.styles.element, styles(language))
    _replace(word.part.numbering_part.element, numbering())
    _replace(word.settings.element, settings(language))
    _properties(word.core_properties, title, language)
    return word


def numbering() -> Element:
    """Bullets, and numbers that count from 1."""
    bullet, number = _level("bullet", "\u2022"), _level("decimal", "%1.")
    made = element(
        "w:numbering",
        None,
        element("w:abstractNum", {"w:abstractNumId": BULLETS}, value("w:multiLevelType", "singleLevel"), bullet),
        element("w:abstractNum", {"w:abstractNumId": NUMBERS}, value("w:multiLevelType", "singleLevel"), number),
    )
    for identity in (BULLETS, NUMBERS):
        made.append(element("w:num", {"w:numId": identity}, value("w:abstractNumId", identity)))
    return made


def new_list(identity: int) -> Element:
    """A numbered list that begins at 1 again."""
    again = element("w:lvlOverride", {"w:ilvl": 0}, value("w:startOverride", 1))
    return element("w:num", {"w:numId": identity}, value("w:abstractNumId", NUMBERS), again)


def _level(kind: str, text: str) -> Element:
    return element(
        "w:lvl",
        {"w:ilvl": 0},
        value("w:start", 1),
        value("w:numFmt", kind),
        value("w:lvlText", text),
        value("w:lvlJc", "left"),
        element("w:pPr", None, element("w:ind", {"w:left": twips(18), "w:hanging": twips(18)})),
    )


def settings(language: str) -> Element:
    """How Word shall treat the text: as its present versions do, with Chinese punctuation drawn together in Chinese."""
    latin, east_asian = LANGUAGE[language]
    uri = "http://schemas.microsoft.com/office/word"
    modern = ("compatibilityMode", "overrideTableStyleFontSizeAndJustification", "enableOpenTypeFeatures")
    compatible = [
        element("w:compatSetting", {"w:name": name, "w:uri": uri, "w:val": 15 if name == modern[0] else 1})
        for name in modern
    ]
    spacing = "compressPunctuation" if language == "zh" else "doNotCompress"
    return element(
        "w:settings",
        None,
        element("w:zoom", {"w:percent": 100}),
        value("w:defaultTabStop", 420),
        value("w:characterSpacingControl", spacing),
        element("w:compat", None, element("w:useFELayout"), *compatible),
        element("w:themeFontLang", {"w:val": latin, "w:eastAsia": east_asian}),
        value("w:decimalSymbol", "."),
        value("w:listSeparator", ","),
    )


def _replace(old: Element, new: Element) -> None:
    """Put the children of one element in the place of another's; the part keeps its root."""
    old.attrib.clear()
    old[:] = list(new)


def _properties(core: CoreProperties, title: str, language: str) -> None:
    core.title = clean(title)[:255]
    core.author = ""
    core.comments = ""
    core.language = LANGUAGE[language][language == "zh"]
    core.created = core.modified = datetime(*DATE)
    core.revision = 1


def packed(word: WordDocument) -> bytes:
    """The document as a file whose bytes depend on its text only: one order, one date, one compression."""
    saved = io.BytesIO()
    word.save(saved)
    target = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(target, "w") as file:
        for name in _in_order(source.namelist()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            # a picture is compressed already
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            file.writestr(entry, source.read(name))
    return target.getvalue()


def _in_order(names: Sequence[str]) -> list[str]:
    first = ("[Content_Types].xml", "_rels/.rels")
    return [*first, *sorted(name for name in names if name not in first)]
