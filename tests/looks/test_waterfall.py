"""The waterfall: one bar a patient in order, limits with their names, nobody recognisable, everything counted."""

from __future__ import annotations

import re

import numpy as np
import pytest
from drawn import HOSTILE, count_of, texts

from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.show.drawing import Drawing
from durata.show.figures.svg import drawing
from durata.show.figures.waterfall import in_order, waterfall_figure, waterfall_words

MIXED = {"short": np.array([-50.0, 10.0, 0.0, np.nan]), "long": np.array([25.0, -30.0, -100.0]), "none": np.array([])}


def drawn(changes: dict[str, FloatArray], **settings: object) -> Drawing:
    figure = waterfall_figure(changes, **settings)  # type: ignore[arg-type]
    return drawing(figure, "waterfall", title="Change", alternative=waterfall_words(changes))


def heights(picture: Drawing) -> list[list[float]]:
    """The corners' vertical places of every bar, group by group."""
    paths = re.findall(r'<g class="bars">\s*<path d="([^"]*)"', picture.svg)
    return [[float(y) for y in re.findall(r"[ML] [-\d.]+ ([-\d.]+)", path)] for path in paths]


def bars(picture: Drawing) -> list[int]:
    return [path.count("z") for path in re.findall(r'<g class="bars">\s*<path d="([^"]*)"', picture.svg)]


def test_every_patient_with_a_known_change_has_one_bar() -> None:
    picture = drawn(MIXED)
    assert bars(picture) == [3, 3]
    assert texts(picture, "group") == ["short (3)", "long (3)", "none (0)"]
    assert texts(picture, "patients") == ["6 patients, in order of change"]
    assert texts(picture, "note") == ["The change of 1 patient is not known."]
    assert {"+20%", "0%", "−20%", "−100%", "Change of the diameter (%)"} <= set(texts(picture))


@pytest.mark.parametrize("n", [1, 2, 171, 900])
def test_any_number_of_patients_is_drawn(n: int) -> None:
    changes = np.linspace(40, -100, n) if n > 1 else np.array([-12.0])
    picture = drawn({"short": changes[::2], "long": changes[1::2]})
    assert sum(bars(picture)) == n
    assert len(picture.svg) < 120_000


def test_the_largest_increase_stands_first_whatever_the_order_of_people() -> None:
    values, group = in_order(MIXED)
    assert values.tolist() == [25.0, 10.0, 0.0, -30.0, -50.0, -100.0]
    assert group.tolist() == [1, 0, 0, 1, 0, 1]
    turned = {name: column[::-1] for name, column in MIXED.items()}
    assert drawn(turned).svg == drawn(MIXED).svg == drawn(MIXED).svg


def test_a_change_of_nothing_is_still_a_bar_that_can_be_seen() -> None:
    corners = heights(drawn({"all": np.array([0.0])}))[0]
    assert max(corners) - min(corners) == pytest.approx(1.6, abs=0.02)


def test_limits_of_response_are_drawn_and_named() -> None:
    picture = drawn(MIXED)
    assert count_of(picture, "limit") == 2
    assert texts(picture, "limit-name") == ["+20%: progression, by size", "−30%: partial response, by size"]
    choi = drawn(MIXED, limits={-10.0: "Choi"}, label="Change of density")
    assert texts(choi, "limit-name") == ["Choi"]
    assert "Change of density (%)" in texts(choi)


def test_a_bar_that_would_dwarf_the_others_is_cut_off_and_counted() -> None:
    picture = drawn({"short": np.array([250.0, 130.5, -10.0]), "long": np.array([-20.0])})
    assert count_of(picture, "cut-off") == 1
    assert texts(picture, "note") == ["2 bars reach beyond +100%, the largest to +250%."]
    assert "+100%" in texts(picture)
    assert count_of(drawn(MIXED), "cut-off") == 0


def test_the_words_count_patients_beyond_the_limits() -> None:
    assert waterfall_words(MIXED, label="Change of the diameter") == (
        "Change of the diameter of every patient, from the largest increase to the largest decrease. "
        "short: 3 patients, median 0%, 1 at or below −30%, 0 at or above +20%; "
        "long: 3 patients, median −30%, 2 at or below −30%, 1 at or above +20%; none: no patients."
    )


@pytest.mark.parametrize("values", [[], [np.nan], [np.inf, 1.0], [-100.5, 1.0]])
def test_changes_that_cannot_be_drawn_are_refused(values: list[float]) -> None:
    with pytest.raises(CannotEstimate, match="no waterfall to draw"):
        waterfall_figure({"short": np.array(values)})


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_literally(name: str) -> None:
    changes = {name: np.array([-40.0, 12.0]), "b": np.array([3.0])}
    figure = waterfall_figure(changes, label=name, limits={-30.0: name})
    picture = drawing(figure, "hostile", title=name, alternative=waterfall_words(changes, label=name))
    assert texts(picture, "limit-name") == [name]
    assert f"{name} (2)" in texts(picture, "group")
    assert "<script" not in picture.svg
    assert "<img" not in picture.svg
