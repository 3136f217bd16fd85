"""Figures printed as pictures: as large as asked, the same every time, and silent about where and when they were made."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from drawn import curve
from PIL import Image

from durata.show.drawing import Drawing
from durata.show.figures.pictures import MOST, printed
from durata.show.figures.style import blank
from durata.show.figures.survival import survival_figure
from durata.show.figures.svg import drawing
from durata.show.time_scale import TimeScale


def made() -> Drawing:
    figure = survival_figure(curve("short", "long"), TimeScale("days"))
    return drawing(figure, "km", title="Survival", alternative="Two curves")


@pytest.mark.parametrize("dpi", [72, 300])
def test_a_picture_has_the_dots_that_were_asked_for(dpi: int) -> None:
    one = made()
    for content in (one.png(dpi), one.tiff(dpi)):
        picture = Image.open(io.BytesIO(content))
        assert picture.size == (int(one.width / 72 * dpi + 1e-6), int(one.height / 72 * dpi + 1e-6))
        assert float(picture.info["dpi"][0]) == pytest.approx(dpi, abs=0.5)


def test_a_picture_shows_the_curves_and_not_an_empty_page() -> None:
    dots = np.asarray(Image.open(io.BytesIO(made().png(72))).convert("RGB")).reshape(-1, 3)
    blue, orange = (np.abs(dots - np.array(colour)).sum(axis=1) < 40 for colour in ((0, 114, 178), (213, 94, 0)))
    assert blue.sum() > 20
    assert orange.sum() > 20


def test_the_same_figure_gives_the_same_bytes_in_any_order() -> None:
    first, second = made(), made()
    pdf, png, tiff = first.pdf(), first.png(), first.tiff()
    assert second.tiff() == tiff == first.tiff()
    assert second.png() == png == first.png()
    assert second.pdf() == pdf == first.pdf()
    assert second.svg == first.svg == made().svg


def test_pictures_say_nothing_of_program_or_time() -> None:
    one = made()
    assert set(Image.open(io.BytesIO(one.png())).info) <= {"dpi"}
    for word in (b"matplotlib", b"Matplotlib", b"CreationDate", b"Producer"):
        assert word not in one.png()
        assert word not in one.tiff()
        assert word not in one.pdf()


def test_letters_of_a_pdf_stay_letters() -> None:
    content = made().pdf()
    assert content.startswith(b"%PDF-")
    assert b"/Type3" not in content
    assert b"/FontFile2" in content


def test_a_very_tall_figure_has_fewer_dots_to_the_inch_and_says_so() -> None:
    tall = blank(2 * MOST / 300 * 72, width=72)
    picture = Image.open(io.BytesIO(printed(tall, "png", 300)))
    assert max(picture.size) <= MOST
    assert float(picture.info["dpi"][0]) == pytest.approx(150, abs=1)


def test_less_than_a_dot_an_inch_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one dot an inch, not 0"):
        made().png(0)


def test_nobody_warns_of_anything() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made().png(72)
