"""Make the bundled Chinese font: Noto Sans CJK SC cut down to GB2312 and what reports print, under a name of its own.

Run it where Debian's fonts-noto-cjk is installed:

    python scripts/make_font.py [NotoSansCJK-Regular.ttc] [folder]

The same source font gives the same bytes. Noto declares no reserved font name; the family is renamed all the same, so
that it never stands in for a whole Noto that the reader may have installed.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED_CHINESE = 2  # the position of "Noto Sans CJK SC" in the collection
FAMILY = "Durata Sans SC"
FILE = "DurataSansSC-Regular.otf"
TARGET = Path(__file__).resolve().parents[1] / "src" / "durata" / "show" / "fonts"
# beside GB2312: Latin letters with accents, and the signs of tables and figures
SIGNS = "~±×÷≤≥≠≈χ²³¹₀₁₂₃°·•…–—‘’“”←→↑↓−∞√∑αβγδκλμστφωΔΩ†‡§¶©®™※●○■□▲△▼▽◆◇★☆\u00a0\u0304\u2007\u2008\u2009\u2011\u202f\ufffd〓‰%№✓Ⅰ㎝㎜㎎㎏㎡㏄"
# beyond GB2312, in the words of medicine
WORDS = "瘘皲孢囊瘙痒癣皰髋髌嘌呤砜胩胨脲肟羧巯噻唑喹啉哌嗪哒嘧啶吲哚苷萜酰酮烯炔醛醚鎓堃喆"


def gb2312() -> set[int]:
    """Every character of GB2312: its signs and the 6,763 ideographs of both levels."""
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue  # GB2312 leaves some places empty
    return found


def wanted() -> set[int]:
    """Every character that the bundled font has to hold, as far as the source has it."""
    latin = {*range(0x20, 0x7F), *range(0xA0, 0x180)}
    # letters of other scripts are in GB2312 too; a Chinese report does not print kana, Cyrillic or box drawing
    left_out = {*range(0x3040, 0x3100), *range(0x0400, 0x0460), *range(0x2500, 0x2580)}
    return ((gb2312() - left_out) | latin | {ord(sign) for sign in SIGNS + WORDS}) | {*range(0xFF01, 0xFF5F)}


def cut_down(source: Path) -> TTFont:
    """The source font with the wanted characters only, renamed."""
    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    if str(font["name"].getDebugName(1)) != "Noto Sans CJK SC":
        raise SystemExit(f"{source}: font {SIMPLIFIED_CHINESE} is {font['name'].getDebugName(1)}, not Noto Sans CJK SC")
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "GSUB", "GPOS", "GDEF"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(wanted()))
    subsetter.subset(font)
    rename(font)
    return font


def rename(font: TTFont) -> None:
    """Give the font its own family name; copyright, designers and licence stay as they are."""
    names = font["name"]
    names.names = [record for record in names.names if record.langID == 0x409]
    postscript = FAMILY.replace(" ", "") + "-Regular"
    for record, text in {
        1: FAMILY,
        2: "Regular",
        3: f"durata;{postscript}",
        4: f"{FAMILY} Regular",
        6: postscript,
    }.items():
        names.setName(text, record, 3, 1, 0x409)
    says = f"Cut down to GB2312 and renamed from Noto Sans CJK SC, {names.getDebugName(5)}."
    names.setName(says, 10, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [postscript]
    top.topDictIndex[0].FullName = f"{FAMILY} Regular"
    top.topDictIndex[0].FamilyName = FAMILY


def main() -> None:
    """Write the font and print what is to be checked against the test of its bytes."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    file = folder / FILE
    cut_down(source).save(file, reorderTables=True)
    content = file.read_bytes()
    print(f"{file}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
