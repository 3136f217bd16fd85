"""The bundled Chinese font: where it is, what it is called, which characters it holds, and a subset for one page."""

from __future__ import annotations

import io
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

FAMILY = "Durata Sans SC"
FILE = "DurataSansSC-Regular.otf"
# Characters that fonts for Latin text do not hold: from the radicals on, with full-width and compatibility forms.
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")


def font_file() -> Path:
    """The path of the font; durata is always installed as files."""
    return Path(str(files(__package__) / FILE))


def has_chinese(text: str) -> bool:
    """Whether a text needs the bundled font.

    >>> has_chinese("95% CI"), has_chinese("生存率")
    (False, True)
    """
    return not text.isascii() and CHINESE.search(text) is not None


@cache
def bundled_characters() -> frozenset[int]:
    """The code points that the bundled font holds."""
    from fontTools.ttLib import TTFont

    with TTFont(font_file(), lazy=True) as font:
        return frozenset(font.getBestCmap())


def embedded_font(text: str) -> bytes:
    """The bundled font with the Chinese characters of a text only, as WOFF2; the same characters give the same bytes.

    Characters that it does not hold are left to the fonts of the reader's machine. Empty when the text has none.
    """
    wanted = sorted({ord(character) for character in CHINESE.findall(text)} & bundled_characters())
    if not wanted:
        return b""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options()
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 6, 13, 14]  # what the licence asks for goes with every copy
    options.notdef_outline = True
    buffer = io.BytesIO()
    with TTFont(font_file(), recalcTimestamp=False, lazy=True) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(buffer, reorderTables=True)
    return buffer.getvalue()
