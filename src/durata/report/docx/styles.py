"""The styles of the Word file, all of them: what a journal's author expects, with fonts for both scripts in every one."""

from __future__ import annotations

from dataclasses import dataclass

from durata.report.docx.elements import Element, element, value

INK, SOFT, HAIR, ACCENT = "000000", "444C56", "BFC6CE", "0B5C8A"
LANGUAGE = {"en": ("en-GB", "zh-CN"), "zh": ("en-US", "zh-CN")}
TABLE_SIZES = (("TableText", 9.0), ("TableTextSmall", 8.0), ("TableTextSmallest", 7.0))


@dataclass(frozen=True, slots=True)
class Fonts:
    """A pair of fonts: one for Latin letters, one for East Asian characters."""

    latin: str
    east_asian: str

    def element(self) -> Element:
        """As Word's w:rFonts."""
        return element(
            "w:rFonts",
            {"w:ascii": self.latin, "w:hAnsi": self.latin, "w:cs": self.latin, "w:eastAsia": self.east_asian},
        )


SERIF = Fonts("Times New Roman", "SimSun")
SANS = Fonts("Arial", "SimHei")
MONO = Fonts("Courier New", "SimSun")


@dataclass(frozen=True, slots=True)
class Look:
    """One paragraph style; sizes and distances in points. ``bar`` is the colour of the line at its left.

    ``exact`` fixes the height of a line in points, so that rows with and without Chinese characters are of one height.
    """

    name: str
    size: float = 10.5
    fonts: Fonts = SERIF
    bold: bool = False
    italic: bool = False
    colour: str = INK
    before: float = 0
    after: float = 6
    line: float = 1.15
    exact: float = 0
    align: str = "left"
    keep_next: bool = False
    keep_lines: bool = False
    outline: int | None = None
    left: float = 0
    hanging: float = 0
    bar: str = ""
    ground: str = ""
    rule_above: bool = False
    numbering: int | None = None
    following: str = ""
    built_in: bool = True

    @property
    def identity(self) -> str:
        """The style's identifier inside the file."""
        return self.name.title().replace(" ", "")


def own(name: str, **settings: object) -> Look:
    """A style that Word does not know by itself."""
    return Look(name, built_in=False, **settings)  # type: ignore[arg-type]


BULLETS, NUMBERS = 1, 2  # numbering definitions, see parts.py
LOOKS = (
    Look("Normal"),
    Look("Title", 20, SANS, bold=True, after=6, line=1.1, keep_next=True, keep_lines=True, following="Subtitle"),
    Look("Subtitle", 12.5, colour=SOFT, after=6, keep_lines=True, following="Normal"),
    Look("heading 1", 15, SANS, bold=True, before=20, after=6, line=1.1, keep_next=True, keep_lines=True, outline=0),
    Look("heading 2", 12.5, SANS, bold=True, before=14, after=4, line=1.1, keep_next=True, keep_lines=True, outline=1),
    Look("heading 3", 11, SANS, bold=True, before=10, after=3, line=1.1, keep_next=True, keep_lines=True, outline=2),
    Look("caption", 10, before=10, after=5, line=1.1, keep_lines=True, following="Normal"),
    Look("List Bullet", left=18, hanging=18, after=3, numbering=BULLETS),
    Look("List Number", left=18, hanging=18, after=3, numbering=NUMBERS),
    Look("Bibliography", 10, left=24, hanging=24, after=3, line=1.1),
    Look("header", 9, colour=SOFT, after=0, line=1, align="center"),
    Look("footer", 9, colour=SOFT, after=0, line=1, align="center"),
    own("Lead", size=11.5, after=8),
    own("Facts", size=9.5, colour=SOFT, after=2, line=1.05),
    own("Figure", before=12, after=0, line=1, align="center", keep_next=True),
    own("Table Text", size=9, before=1.5, after=1.5, exact=11),
    own("Table Text Small", size=8, before=1.5, after=1.5, exact=10),
    own("Table Text Smallest", size=7, before=1.5, after=1.5, exact=8.5),
    own("Table Note", size=8.5, colour=SOFT, before=2, after=1, line=1.05, keep_lines=True),
    own("Key Number", size=16, fonts=SANS, bold=True, colour=ACCENT, before=4, after=1, line=1, keep_next=True),
    own("Key Label", size=9, fonts=SANS, bold=True, after=1, line=1, keep_next=True),
    own("Key Detail", size=8.5, colour=SOFT, after=4, line=1),
    own("Note Message", size=11, left=10, bar=ACCENT, ground="F0F6FA", after=8, keep_lines=True),
    own("Note Caution", left=10, bar="8A5300", after=8, keep_lines=True),
    own("Note Remark", left=10, bar=HAIR, after=8, keep_lines=True),
    own("Finding Error", size=10, left=10, bar="B42318", ground="FDF3F2", after=0, line=1.1, keep_lines=True),
    own("Finding Warning", size=10, left=10, bar="8A5300", ground="FDF7EA", after=0, line=1.1, keep_lines=True),
    own("Finding Information", size=10, left=10, bar=ACCENT, ground="F0F6FA", after=0, line=1.1, keep_lines=True),
    own("Colophon", size=8.5, colour=SOFT, before=10, after=2, line=1.05, rule_above=True),
)


def styles(language: str) -> Element:
    """The whole of styles.xml: defaults in the language, then every style."""
    latin, east_asian = LANGUAGE[language]
    defaults = element(
        "w:docDefaults",
        None,
        element(
            "w:rPrDefault",
            None,
            element(
                "w:rPr",
                None,
                SERIF.element(),
                value("w:sz", 21),
                value("w:szCs", 21),
                element("w:lang", {"w:val": latin, "w:eastAsia": east_asian, "w:bidi": "ar-SA"}),
            ),
        ),
        element("w:pPrDefault", None, element("w:pPr")),
    )
    return element(
        "w:styles",
        None,
        defaults,
        *(_paragraph_style(look) for look in LOOKS),
        _default("character", "Default Paragraph Font", "DefaultParagraphFont"),
        _default("numbering", "No List", "NoList"),
        _letters("Strong", value("w:b", 1)),
        _letters("Emphasis", value("w:i", 1)),
        _letters("Code", value("w:sz", 18), fonts=MONO),
        _plain_table(),
        _table("Three Line Table", rule=12, inside="nil"),
        _table("Definition Table", rule=4, inside="single"),
    )


def _paragraph_style(look: Look) -> Element:
    made = element(
        "w:style",
        {
            "w:type": "paragraph",
            "w:styleId": look.identity,
            "w:default": 1 if look.name == "Normal" else None,
            "w:customStyle": None if look.built_in else 1,
        },
        value("w:name", look.name),
    )
    if look.name != "Normal":
        made.append(value("w:basedOn", "Normal"))
    if look.following:
        made.append(value("w:next", look.following))
    elif look.outline is not None:
        made.append(value("w:next", "Normal"))
    made.append(element("w:qFormat"))
    made.append(element("w:pPr", None, *_lines(look)))
    made.append(element("w:rPr", None, *_words(look)))
    return made


def _lines(look: Look) -> list[Element]:
    """What a style says of its paragraphs, in the order of the schema."""
    said = []
    if look.keep_next:
        said.append(element("w:keepNext"))
    if look.keep_lines:
        said.append(element("w:keepLines"))
    if look.numbering is not None:
        said.append(element("w:numPr", None, value("w:numId", look.numbering)))
    if look.bar or look.rule_above:
        side, size, colour, space = ("w:left", 24, look.bar, 8) if look.bar else ("w:top", 4, HAIR, 6)
        border = element(side, {"w:val": "single", "w:sz": size, "w:space": space, "w:color": colour})
        said.append(element("w:pBdr", None, border))
    if look.ground:
        said.append(element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": look.ground}))
    said.append(
        element(
            "w:spacing",
            {
                "w:before": twips(look.before),
                "w:after": twips(look.after),
                "w:line": twips(look.exact) if look.exact else round(240 * look.line),
                "w:lineRule": "exact" if look.exact else "auto",
            },
        )
    )
    said.append(element("w:ind", {"w:left": twips(look.left), "w:hanging": twips(look.hanging)}))
    said.append(value("w:jc", look.align))
    if look.outline is not None:
        said.append(value("w:outlineLvl", look.outline))
    return said


def _words(look: Look) -> list[Element]:
    said = [look.fonts.element(), value("w:b", int(look.bold)), value("w:i", int(look.italic))]
    return [
        *said,
        value("w:color", look.colour),
        value("w:sz", half_points(look.size)),
        value("w:szCs", half_points(look.size)),
    ]


def _letters(name: str, *looks: Element, fonts: Fonts | None = None) -> Element:
    own_fonts = (fonts.element(),) if fonts else ()
    return element(
        "w:style",
        {"w:type": "character", "w:styleId": name, "w:customStyle": 1 if fonts else None},
        value("w:name", name),
        value("w:basedOn", "DefaultParagraphFont"),
        element("w:qFormat"),
        element("w:rPr", None, *own_fonts, *looks),
    )


def _default(kind: str, name: str, identity: str) -> Element:
    return element(
        "w:style",
        {"w:type": kind, "w:default": 1, "w:styleId": identity},
        value("w:name", name),
        element("w:semiHidden"),
    )


def _plain_table() -> Element:
    return element(
        "w:style",
        {"w:type": "table", "w:default": 1, "w:styleId": "TableNormal"},
        value("w:name", "Normal Table"),
        element("w:semiHidden"),
        element("w:tblPr", None, element("w:tblInd", {"w:w": 0, "w:type": "dxa"})),
    )


def _table(name: str, *, rule: int, inside: str) -> Element:
    """A table style: a rule above and below, and hairlines between the rows where ``inside`` says so."""
    edge: dict[str, str | int | None] = {
        "w:val": "single",
        "w:sz": rule,
        "w:space": 0,
        "w:color": INK if inside == "nil" else HAIR,
    }
    borders = [element("w:top", edge), element("w:bottom", edge)]
    if inside == "single":
        borders.append(element("w:insideH", {"w:val": "single", "w:sz": 4, "w:space": 0, "w:color": HAIR}))
    margins = [element(f"w:{side}", {"w:w": twips(CELL_MARGIN), "w:type": "dxa"}) for side in ("left", "right")]
    return element(
        "w:style",
        {"w:type": "table", "w:styleId": name.replace(" ", ""), "w:customStyle": 1},
        value("w:name", name),
        value("w:basedOn", "TableNormal"),
        element("w:qFormat"),
        element("w:tblPr", None, element("w:tblBorders", None, *borders), element("w:tblCellMar", None, *margins)),
    )


CELL_MARGIN = 4.0  # points at the left and right of every cell


def twips(points: float) -> int:
    """Twentieths of a point, in which Word measures paper and tables."""
    return round(20 * points)


def half_points(size: float) -> int:
    """Halves of a point, in which Word measures letters."""
    return round(2 * size)
