"""The figure of survival curves: names, numbers at risk, notes; structure, never pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import HOSTILE, count_of, curve, root, stretch, texts

from durata.finding import CannotEstimate
from durata.show.drawing import Drawing
from durata.show.figures.style import WIDTH, width_of
from durata.show.figures.survival import at_risk, survival_figure, survival_words
from durata.show.figures.svg import drawing
from durata.show.time_scale import TimeScale

DAYS = TimeScale("days")


def drawn(curves: object, scale: TimeScale = DAYS, **settings: object) -> Drawing:
    figure = survival_figure(curves, scale, **settings)  # type: ignore[arg-type]
    return drawing(figure, "km", title="Survival", alternative="Two curves")


def test_numbers_at_risk_stand_under_every_tick_by_group() -> None:
    picture = drawn(curve("short", "long"))
    # people leave at 10, 20, 30 and 40 days
    ticks = DAYS.ticks(40)
    expected = [str(sum(time >= tick for time in (10, 20, 30, 40))) for tick in ticks]
    assert texts(picture, "at-risk") == expected * 2
    assert texts(picture, "at-risk-name") == ["short", "long"]
    assert "Number at risk" in texts(picture)


def test_axes_say_what_they_show() -> None:
    words = texts(drawn(curve("short"), TimeScale("weeks", 7), label="Overall survival"))
    assert {"Weeks since surgery", "Overall survival", "0%", "25%", "50%", "75%", "100%"} <= set(words)
    assert "All patients" not in words


def test_a_single_curve_of_everybody_is_called_all_patients() -> None:
    assert texts(drawn(curve("all")), "at-risk-name") == ["All patients"]


def test_curves_that_end_together_are_named_at_their_ends_others_in_a_legend() -> None:
    together = texts(drawn(curve("short", "long")), "curve-name")
    apart = curve("short", "long")
    early = stretch("early", time=(5, 6, 7, 8))
    legend = texts(drawn(replace(apart, stretches=(*apart.stretches, early))), "curve-name")
    assert together == ["short", "long"]
    assert legend == ["short", "long", "early"]


def test_a_curve_is_lighter_where_few_are_at_risk_and_the_note_says_so() -> None:
    few = drawn(curve("short"), min_at_risk=3)
    enough = drawn(curve("short"), min_at_risk=1)
    assert (count_of(few, "curve"), count_of(few, "curve-few-at-risk")) == (1, 1)
    assert (count_of(enough, "curve"), count_of(enough, "curve-few-at-risk")) == (1, 0)
    assert any("Lighter: fewer than 3 at risk." in words for words in texts(few))
    assert not any("Lighter" in words for words in texts(enough))


def test_a_curve_without_limits_is_drawn_without_a_band() -> None:
    whole = curve("short")
    bare = replace(whole.stretches[0], conf_low=np.full(4, np.nan), conf_high=np.full(4, np.nan))
    assert count_of(drawn(replace(whole, stretches=(bare,)), min_at_risk=1), "curve") == 1


def test_the_annotation_is_printed() -> None:
    assert texts(drawn(curve("short"), annotation="Log-rank p = 0.012"), "annotation") == ["Log-rank p = 0.012"]


def test_the_time_axis_can_be_cut() -> None:
    assert texts(drawn(curve("short"), until=20.0), "at-risk")[0] == "4"
    assert "40" not in texts(drawn(curve("short"), until=20.0))


def test_at_time_zero_those_who_enter_then_are_at_risk() -> None:
    entering = replace(stretch("late"), entry_time=np.array([0.0, 5.0]), entry_number=np.array([3.0, 1.0]))
    assert at_risk(entering, 0.0) == 3
    assert at_risk(entering, 5.0) == 3
    assert at_risk(entering, 6.0) == 4


def test_curves_without_follow_up_are_refused_in_words() -> None:
    nobody = replace(stretch("none", time=(0, 0, 0, 0)), until=0.0)
    with pytest.raises(CannotEstimate, match="no follow-up to draw"):
        survival_figure(replace(curve("a"), stretches=(nobody,)), DAYS)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_literally(name: str) -> None:
    hostile = replace(curve(name), time_zero=name)
    picture = drawn(replace(hostile, stretches=(stretch(name), stretch("b"))), label=name, annotation=name)
    shown = texts(picture)
    assert name in shown
    assert f"Days since {name}" in shown
    assert "<script" not in picture.svg
    assert "<img" not in picture.svg
    assert not [element for element in root(picture).iter() if element.tag.endswith("script")]


@pytest.mark.parametrize("name", ["组别", "a\x00b", "\ud800", "\u202etrohs", "x" * 200, "two\nlines", "–"])
def test_odd_names_can_be_drawn_and_stay_inside(name: str) -> None:
    picture = drawn(curve(name, "b"))
    picture.svg.encode("utf-8")
    assert all(width_of(words, 8) < WIDTH for words in texts(picture))
    assert "\u202e" not in picture.svg


def test_the_same_figure_gives_the_same_bytes() -> None:
    first, second = (drawn(curve("short", "long"), annotation="p = 0.1").svg for _ in range(2))
    assert first == second


def test_the_alternative_text_names_every_curve() -> None:
    words = survival_words(curve("short", "long"), DAYS, label="Survival")
    assert words == (
        "Survival by time since surgery. short: 4 patients, 2 events, 37.5% at 40 days; "
        "long: 4 patients, 2 events, 37.5% at 40 days."
    )
