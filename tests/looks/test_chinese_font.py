"""The bundled Chinese font: its bytes and licence, the characters it holds, what a page carries of it, and rare ones."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from drawn import curve, texts
from fontTools.ttLib import TTFont

import durata as du
from durata.category import Category
from durata.language.speaking import speaking
from durata.pipeline import prepare
from durata.report.document import Document, Paragraph
from durata.report.html import POLICY, to_html
from durata.show.figures.style import bring_font, fitted, spelled, width_of, wrapped
from durata.show.figures.survival import survival_figure
from durata.show.figures.svg import drawing
from durata.show.fonts.bundled import FAMILY, bundled_characters, embedded_font, font_file
from durata.show.missing_glyphs import missing_glyphs
from durata.show.time_scale import TimeScale

SHA256 = "38a84e0abc99e152e67b3765cc9e10643850e7928c09fca183cd5c9614dbb77b"
RARE = "\U00020bb7"  # in names of persons, in no font here


def test_the_font_is_the_one_that_was_checked_and_small_enough_to_ship() -> None:
    content = font_file().read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, (
        "made anew by scripts/make_font.py: look at it, then write its hash here"
    )
    assert len(content) <= 1_600_000


def test_the_licence_stands_beside_it_and_inside_it() -> None:
    licence = font_file().with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1 - 26 February 2007" in licence
    with TTFont(font_file(), lazy=True) as font:
        name = {number: font["name"].getDebugName(number) for number in (0, 1, 4, 6, 13, 14)}
        assert font["OS/2"].fsType == 0, "embedding is not restricted"
    assert name[1] == FAMILY
    assert name[4] == "Durata Sans SC Regular"
    assert name[6] == "DurataSansSC-Regular"
    assert "Adobe" in name[0]
    assert "SIL Open Font License, Version 1.1" in name[13]
    assert name[0].removeprefix("© ") in licence


def test_it_holds_gb2312_and_every_character_that_durata_says_in_chinese() -> None:
    ideographs = {
        ord(bytes((high, low)).decode("gb2312"))
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
        if not (high == 0xD7 and low > 0xF9)
    }
    assert len(ideographs) == 6763
    assert ideographs <= bundled_characters()
    said = ""
    for package, pattern in (("durata.language", "zh"), ("durata.report", "words/zh.toml")):
        place = resources.files(package) / pattern
        files = [place] if place.is_file() else list(place.iterdir())
        for file in files:
            said += "".join(re.findall(r"\w|[^\w\s]", str(tomllib.loads(file.read_text(encoding="utf-8")))))
    missing = {one for one in said if ord(one) >= 0x2E80 and ord(one) not in bundled_characters()}
    assert not missing


def test_a_page_carries_the_glyphs_it_uses_and_the_same_bytes_every_time() -> None:
    once, again = embedded_font("生存率 95% CI"), embedded_font("CI:率率存生")
    assert once == again
    assert len(once) < 6_000
    with TTFont(io.BytesIO(once)) as font:
        assert font.flavor == "woff2"
        assert set(font.getBestCmap()) == {ord(one) for one in "生存率"}
        assert font["name"].getDebugName(1) == FAMILY
    assert embedded_font("plain") == b""
    assert embedded_font(RARE) == b""


def test_the_html_has_the_font_where_there_is_chinese_and_only_there() -> None:
    english = to_html(Document("Title", "Question", (Paragraph("Words"),)))
    assert "@font-face" not in english
    page = to_html(Document("标题", "问题</style>", (Paragraph("最优持续时间"),)))
    assert "font-src data:" in POLICY
    assert page.count("</style>") == 1
    data = re.search(r"url\(data:font/woff2;base64,([^)]+)\)", page)
    assert data is not None
    with TTFont(io.BytesIO(base64.b64decode(data[1]))) as font:
        assert {ord(one) for one in "标题问最优持续时间"} <= set(font.getBestCmap())
    assert page == to_html(Document("标题", "问题</style>", (Paragraph("最优持续时间"),)))


def test_chinese_is_as_wide_as_it_is_drawn_and_breaks_between_characters() -> None:
    assert width_of("生存率", 10) == pytest.approx(30, rel=0.02)
    assert width_of("生存率", 10, bold=True) == pytest.approx(30, rel=0.02)
    words = "根据治疗持续时间分组的无复发生存率，以及Kaplan-Meier总生存率（月）。"
    lines = wrapped(words, 70, 8, lines=9)
    assert "".join(lines) == words
    assert all(width_of(line, 8) <= 70 for line in lines)
    assert not any(line[0] in "，。、）" or line[-1] == "（" for line in lines)
    assert any("Kaplan-Meier" in line for line in lines), "a Latin word is not cut"
    assert fitted("无复发生存率", 30, 10).endswith("…")
    assert wrapped("no word is cut", 40, 8, lines=5) == ("no word", "is cut")


def test_no_figure_warns_or_prints_a_box(recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture) -> None:
    bring_font()
    with speaking("zh"):
        figure = survival_figure(curve("短期组", f"长期组{RARE}", time_zero="手术"), TimeScale("months", 30.4375))
        made = drawing(figure, "curve", title="生存曲线", alternative="图")
        made.pdf()
        made.png(40)
    assert "长期组U+20BB7" in texts(made, "curve-name")
    assert RARE not in "".join(texts(made))
    assert FAMILY in made.svg
    assert not [str(one.message) for one in recwarn]
    assert not caplog.records
    english = drawing(survival_figure(curve("short", "long"), TimeScale("days")), "c", title="t", alternative="a")
    assert FAMILY not in english.svg


def test_spelled_leaves_every_character_that_can_be_drawn() -> None:
    text = "≤6个月 ~ χ² x̄±s Q1→Q3 ，。；：（）％～×≥·、“”"
    assert spelled(text) == text
    assert spelled("a\x00b") == "a\ufffdb"


def test_a_rare_character_is_a_note_that_says_where() -> None:
    study, records = prepare(du.example("stanford"))
    assert not [one for one in records.findings if one.code == "N60"]
    treatment = study.treatment.model_copy(update={"name": f"治{RARE}疗"})
    name = next(iter(records.categories))
    level = Category(records.categories[name].codes, (f"乙{RARE}", *records.categories[name].levels[1:]))
    other = dataclasses.replace(records, categories={name: level})
    found = missing_glyphs(study.model_copy(update={"treatment": treatment}), other)
    assert {one.code for one in found} == {"N60"}
    assert {str(one.evidence["key"]) for one in found} == {"treatment.name", f"covariates.{name}"}
    assert all("U+20BB7" in one.message for one in found)
    assert found[0].where is not None
    assert found[1].where is not None
    assert found[1].where.file == Path(records.source.file).name


def test_an_english_study_with_accents_has_no_missing_glyph() -> None:
    study, records = prepare(du.example("stanford"))
    named = study.treatment.model_copy(update={"name": "Thérapie – Ωβ ≤ 5 µm"})
    assert missing_glyphs(study.model_copy(update={"treatment": named}), records) == ()
