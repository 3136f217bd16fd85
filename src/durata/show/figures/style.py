"""The look of every figure: colours, line styles, sizes, and text that is measured before it is placed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import matplotlib
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Transform

from durata.show.fonts.bundled import CHINESE, FAMILY, bundled_characters, font_file
from durata.show.printable import printable

# Okabe & Ito (2008), in an order in which the first ones differ most for every kind of colour vision and in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0, ()),
    (0, (5, 1.6)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (1.4, 1.3)),
    (0, (8, 1.5, 1.2, 1.5, 1.2, 1.5)),
    (0, (3, 3)),
    (0, (10, 3)),
)
INK = "#1B1F24"
MUTED = "#57606A"
HAIRLINE = "#D8DEE4"
SHADE = "#FBDD90"

WIDTH = 540.0  # points; the width of the report's text column
SMALL, BODY, LARGE = 8.0, 9.0, 10.0
LINE = 1.35  # height of a line of text, in font sizes

FAMILIES = ["DejaVu Sans", FAMILY]

RC: dict[str, Any] = {
    "font.family": FAMILIES,
    "font.size": BODY,
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "text.hinting": "no_hinting",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": BODY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 3.5,
    "ytick.major.size": 3.5,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "lines.solid_capstyle": "butt",
    "lines.solid_joinstyle": "miter",
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "path.simplify": False,
    "path.snap": False,
    "svg.fonttype": "none",  # text stays text: it can be read, searched and translated
}


@dataclass(frozen=True, slots=True)
class Look:
    """How one group looks wherever it appears; ``ink`` is its colour dark enough for text on white."""

    colour: str
    ink: str
    dash: tuple[float, tuple[float, ...]]


def look(position: int) -> Look:
    """The look of the group at a position in the declared order."""
    colour = COLOURS[position % len(COLOURS)]
    return Look(colour, readable(colour), DASHES[position % len(DASHES)])


def contrast(colour: str, ground: str = "#FFFFFF") -> float:
    """Contrast of a colour against a ground as WCAG 2 defines it: 1 (none) to 21."""
    lighter, darker = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, least: float = 4.5) -> str:
    """The colour, darkened until text in it can be read on white."""
    red, green, blue = to_rgb(colour)
    while contrast(to_hex((red, green, blue))) < least:
        red, green, blue = red * 0.96, green * 0.96, blue * 0.96
    return to_hex((red, green, blue))


def tint(colour: str, strength: float) -> str:
    """The colour mixed with white; a strength of 1 leaves it as it is."""
    return to_hex(tuple(1 - strength * (1 - part) for part in to_rgb(colour)))  # type: ignore[arg-type]


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@contextmanager
def styled() -> Iterator[None]:
    """Everything drawn or written to a file inside has the house's look, whatever the user's own settings."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        bring_font()
        for name, value in RC.items():
            cast(dict[str, Any], matplotlib.rcParams)[name] = value
        # the reader's fonts draw the text of an SVG, so a glyph that the measuring font lacks is no defect
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


@cache
def bring_font() -> None:
    """Tell matplotlib of the bundled Chinese font, whatever fonts the machine has."""
    fontManager.addfont(font_file())
    # one weight is bundled; it stands for bold as well, without matplotlib remarking on it
    fontManager.ttflist.append(replace(fontManager.ttflist[-1], weight=700))


@cache
def drawable() -> frozenset[int]:
    """The code points that can be drawn: those of the Latin font and of the bundled Chinese one."""
    latin = get_font(findfont(FontProperties(family=FAMILIES[0])))
    return frozenset(latin.get_charmap()) | bundled_characters()


def without_glyph(text: str) -> str:
    """The characters of a text that no font here can draw, each once, in order."""
    if text.isascii():
        return ""
    return "".join(dict.fromkeys(character for character in text if ord(character) not in drawable()))


def spelled(text: str) -> str:
    """A text safe to draw, a character without a glyph written as its code point: never an empty box.

    >>> spelled("T\u4e00"), spelled("\U00020bb7")
    ('T\u4e00', 'U+20BB7')
    """
    clean = printable(text)
    for character in without_glyph(clean):
        clean = clean.replace(character, f"U+{ord(character):04X}")
    return clean


def blank(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, its size in points."""
    return Figure(figsize=(width / 72, height / 72), dpi=72)


def points(figure: Figure) -> Transform:
    """Coordinates in points from the lower left corner of the figure."""
    return Affine2D().scale(1 / 72) + figure.dpi_scale_trans


def width_of(text: str, size: float = BODY, *, bold: bool = False) -> float:
    """How wide a line of text is, in points."""
    bring_font()
    font = FontProperties(family=FAMILIES, weight="bold" if bold else "normal", size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        width, _, _ = text_to_path.get_text_width_height_descent(spelled(text), font, ismath=False)
    return float(width)


def fitted(text: str, width: float, size: float = BODY, *, bold: bool = False) -> str:
    """One line of text that is no wider than ``width`` points, an ellipsis where its end had to go."""
    clean = spelled(text)
    if width_of(clean, size, bold=bold) <= width:
        return clean
    least, most = 0, len(clean)
    while least < most - 1:
        middle = (least + most) // 2
        if width_of(clean[:middle].rstrip() + "…", size, bold=bold) <= width:
            least = middle
        else:
            most = middle
    return clean[: max(least, 1)].rstrip() + "…"


def wrapped(text: str, width: float, size: float = BODY, *, lines: int = 3, bold: bool = False) -> tuple[str, ...]:
    """Text in at most so many lines of ``width`` points; the last one ends in an ellipsis where something is missing."""
    pieces = breakable(spelled(text))
    done: list[str] = []
    line = ""
    for position, piece in enumerate(pieces):
        longer = line + piece
        if width_of(longer.rstrip(), size, bold=bold) <= width or not line:
            line = longer
            continue
        if len(done) == lines - 1:
            return (*done, fitted(line + "".join(pieces[position:]), width, size, bold=bold))
        done.append(fitted(line, width, size, bold=bold))
        line = piece
    return (*done, fitted(line, width, size, bold=bold))


# A line may end behind a space, and before or behind a Chinese character; not before what closes, nor behind what opens.
CLOSING = "，。、；：？！）》」』】〕”’…％～·,.;:?!)]}%~"
OPENING = "（《「『【〔“‘([{"
BETWEEN = re.compile(
    f"(?<= )(?=[^ ])|(?<![{re.escape(OPENING)} ])(?={CHINESE.pattern})(?![{re.escape(CLOSING)}])"
    f"|(?<={CHINESE.pattern})(?![{re.escape(CLOSING)} ])(?<![{re.escape(OPENING)}])"
)


def breakable(text: str) -> list[str]:
    """A text in the pieces between which a line may end; a space stays at the end of its piece.

    >>> breakable("no word is cut"), breakable("无复发生存率(月)，Cox回归")
    (['no ', 'word ', 'is ', 'cut'], ['无', '复', '发', '生', '存', '率', '(月)，', 'Cox', '回', '归'])
    """
    return [piece for piece in BETWEEN.split(text) if piece]
