"""The property of a Word file that says to machines what made it; people find it under the file's own properties."""

from __future__ import annotations

from xml.sax.saxutils import escape

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part

from durata.report.origin import ORIGIN
from durata.show.printable import UNPRINTABLE

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
# the set of properties that belongs to whoever defines them, as the format names it
OWN_PROPERTIES = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


def say_origin(word: WordDocument, origin: str) -> None:
    """Write the origin of a document into it."""
    xml = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
        f'<property fmtid="{OWN_PROPERTIES}" pid="2" name="{ORIGIN}">'
        f"<vt:lpwstr>{escape(UNPRINTABLE.sub('', origin))}</vt:lpwstr></property></Properties>"
    )
    package = word.part.package
    part = Part(PackURI("/docProps/custom.xml"), CONTENT_TYPE, xml.encode("utf-8"), package)
    package.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)
