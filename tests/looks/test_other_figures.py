"""Forest, swimmer, flow and durations: every row, bar and box is there, and says what it must."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from drawn import HOSTILE, count_of, texts
from matplotlib.figure import Figure

from durata.finding import CannotEstimate
from durata.records.flow import Flow
from durata.show.drawing import Drawing
from durata.show.figures.durations import bin_width, durations_figure, durations_words, in_bars
from durata.show.figures.flow import flow_figure, flow_words
from durata.show.figures.forest import ForestRow, forest_figure, forest_words
from durata.show.figures.style import COLOURS, contrast, fitted, look, readable, width_of, wrapped
from durata.show.figures.svg import drawing
from durata.show.figures.swimmer import Bar, SwimmerWords, swimmer_figure, swimmer_words, systematic_sample
from durata.show.time_scale import TimeScale

DAYS = TimeScale("days")
GROUPS = ("short", "long")


def drawn(figure: Figure, name: str = "figure-a") -> Drawing:
    return drawing(figure, name, title="A figure", alternative="What it shows")


def test_a_forest_shows_every_ratio_with_its_interval_and_p() -> None:
    rows = [
        ForestRow("Duration", kind="heading"),
        ForestRow("short", kind="reference", depth=1),
        ForestRow("long", 0.5267, 0.2689, 1.0428, 0.0657, depth=1, detail="10/50", series="naive"),
        ForestRow("long, again", 1.01, 0.62, 1.66, depth=1, series="time-dependent"),
        ForestRow("none", refused="There are no events.", depth=1),
    ]
    picture = drawn(forest_figure(rows, detail_head="Events/n", less="better", more="worse"))
    assert texts(picture, "label") == ["Duration", "short", "long", "long, again", "none"]
    assert texts(picture, "numbers") == ["0.53 (0.27 to 1.04)", "1.01 (0.62 to 1.66)"]
    assert texts(picture, "p") == ["0.066"]
    assert texts(picture, "series") == ["naive", "time-dependent"]
    assert texts(picture, "refused") == ["There are no events."]
    assert {"10/50", "Events/n", "1 (reference)", "← better", "worse →"} <= set(texts(picture))
    assert forest_words(rows) == (
        "Hazard ratio with interval. Duration, long (naive): 0.53 (0.27 to 1.04); "
        "Duration, long, again (time-dependent): 1.01 (0.62 to 1.66); Duration, none: There are no events."
    )


def test_limits_beyond_the_axis_end_in_arrows() -> None:
    inside = drawn(forest_figure([ForestRow("a", 0.9, 0.4, 2.1)]))
    outside = drawn(forest_figure([ForestRow("a", 0.9, 0.001, math.inf), ForestRow("b", 0.9, 0.4, 2.1)]))
    assert count_of(inside, "beyond-the-axis") == 0
    assert count_of(outside, "beyond-the-axis") == 2


def test_a_forest_of_refusals_is_refused() -> None:
    with pytest.raises(CannotEstimate, match="every row"):
        forest_figure([ForestRow("a", refused="No events.")])


@pytest.mark.parametrize("numbers", [(None, 0.5, 1.0), (2.0, 0.5, 1.0), (math.inf, 0.5, math.inf), (0.0, 0.0, 1.0)])
def test_a_row_that_is_no_ratio_is_refused(numbers: tuple[float | None, float, float]) -> None:
    with pytest.raises(ValueError, match="row 'a'"):
        ForestRow("a", *numbers)


def bars(n: int) -> list[Bar]:
    return [
        Bar(GROUPS[i % 2], 100.0 + i, i % 3 == 0, treatment_end=10.0 + i % 2 * 30, guaranteed_until=10.0 + i % 2 * 30)
        for i in range(n)
    ]


@pytest.mark.parametrize("n", [1, 2, 103, 171])
def test_a_swimmer_plot_has_one_bar_a_person(n: int) -> None:
    picture = drawn(swimmer_figure(bars(n), GROUPS, DAYS))
    after = sum(path.count("z") for path in re.findall(r'<g class="after">\s*<path d="([^"]*)"', picture.svg))
    assert after == n
    assert f"{(n + 1) // 2} patient{'s' if n > 2 else ''}" in texts(picture, "group")
    assert "Survival guaranteed by the grouping" in texts(picture, "legend")
    assert not any("is drawn" in words for words in texts(picture))


def test_too_many_people_are_sampled_and_the_figure_says_so() -> None:
    sample = systematic_sample(bars(612), GROUPS)
    assert (sample.every, len(sample.bars)) == (3, 204)
    assert "Every 3rd of 612 patients, in order of group and follow-up, is drawn." in texts(
        drawn(swimmer_figure(bars(612), GROUPS, DAYS))
    )


def test_bars_do_not_depend_on_the_order_of_people() -> None:
    people = bars(30)
    assert systematic_sample(people, GROUPS) == systematic_sample(people[::-1], GROUPS)


def test_people_outside_of_the_groups_come_last() -> None:
    people = [Bar("never operated", 50.0, True), *bars(4)]
    assert texts(drawn(swimmer_figure(people, GROUPS, DAYS)), "group") == [
        "short",
        "2 patients",
        "long",
        "2 patients",
        "never operated",
        "1 patient",
    ]
    assert "never operated: 1 patient, 1 event" in swimmer_words(people, GROUPS, DAYS, SwimmerWords())


def test_without_guaranteed_time_the_legend_does_not_speak_of_it() -> None:
    people = [Bar("short", 50.0, True, treatment_end=5.0)]
    assert "Survival guaranteed by the grouping" not in texts(drawn(swimmer_figure(people, GROUPS, DAYS)), "legend")


def test_impossible_bars_and_empty_plots_are_refused() -> None:
    with pytest.raises(ValueError, match="known time"):
        Bar("short", float("nan"), True)
    with pytest.raises(CannotEstimate, match="no follow-up"):
        swimmer_figure([], GROUPS, DAYS)


FLOW = Flow.start("In the file", 103).without("Age not known", (1, 2)).without("Never operated", tuple(range(34)))


def test_a_flow_has_a_box_for_every_step_and_group() -> None:
    boxes = texts(drawn(flow_figure(FLOW, {"short": 40, "long": 27})), "box")
    assert boxes == [
        *("In the file", "103 patients", "Remaining", "101 patients", "Analysed", "67 patients"),
        *("2 patients left out", "Age not known", "34 patients left out", "Never operated"),
        *("short", "40 patients", "long", "27 patients"),
    ]
    assert flow_words(FLOW, {"short": 40}).endswith("34 left out: Never operated; 67 remain. short: 40.")


def test_a_flow_without_exclusions_is_one_box() -> None:
    assert texts(drawn(flow_figure(Flow.start("In the file", 1))), "box") == ["In the file", "1 patient"]


def test_durations_are_counted_in_half_open_windows() -> None:
    assert in_bars(np.array([0.0, 7.0, 7.5, 14.0, 14.1]), 7.0, 3).tolist() == [2, 2, 1]
    # 365.25 days are exactly twelve months of 30.4375 days, however they are divided
    assert in_bars(np.array([365.25]) / 30.4375, 1.0, 13).tolist() == [0] * 11 + [1, 0]


@pytest.mark.parametrize(
    ("longest", "boundaries", "width"), [(309, (14, 42), 7), (40, (6, 12), 1), (10, (0.3,), 0.25), (90000, (), 1875)]
)
def test_bars_keep_the_boundaries_between_them(longest: float, boundaries: tuple[float, ...], width: float) -> None:
    assert bin_width(longest, boundaries) == width


def test_a_histogram_names_its_groups_and_boundaries() -> None:
    durations = {"short": np.array([1.0, 5.0, 14.0]), "long": np.array([15.0, 90.0]), "none": np.empty(0)}
    picture = drawn(durations_figure(durations, [14.0, 200.0], DAYS, label="Waiting time"))
    assert texts(picture, "group") == ["short (3)", "long (2)", "none (0)"]
    assert count_of(picture, "boundary") == 1
    assert "Waiting time (days)" in texts(picture)
    assert durations_words(durations, DAYS) == (
        "Duration by group. short: 3 patients, 1 to 14 days; long: 2 patients, 15 to 90 days; none: no patients."
    )
    with pytest.raises(CannotEstimate, match="no histogram"):
        durations_figure({"short": np.array([np.nan])}, [14.0], DAYS)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_literally_everywhere(name: str) -> None:
    people = [Bar(name, 50.0, True, 5.0, 5.0), Bar("b", 20.0, False)]
    said = SwimmerWords(name, name, name, name, name, name)
    figures = [
        forest_figure([ForestRow(name, 0.9, 0.4, 2.1, detail=name, series=name), ForestRow("b", refused=name)]),
        swimmer_figure(people, (name, "b"), DAYS, said),
        flow_figure(Flow.start(name, 3).without(name, (1,)), {name: 2}),
        durations_figure({name: np.array([3.0])}, [1.0], DAYS, label=name),
    ]
    for figure in figures:
        picture = drawing(figure, "hostile", title=name, alternative=name)
        assert name in "\n".join(texts(picture))
        assert "<script" not in picture.svg
        assert "<img" not in picture.svg


def test_a_drawing_asks_for_nothing_and_keeps_its_ids_to_itself() -> None:
    first, second = (drawn(swimmer_figure(bars(20), GROUPS, DAYS), name) for name in ("swimmer-a", "swimmer-b"))
    ids = [set(re.findall(r'\bid="([^"]+)"', picture.svg)) for picture in (first, second)]
    assert all(given.startswith("swimmer-a-") for given in ids[0])
    assert not ids[0] & ids[1]
    for picture in (first, second):
        links = re.findall(r'href="([^"]*)"', picture.svg) + re.findall(r"url\(([^)]*)\)", picture.svg)
        assert all(link.startswith("#") for link in links)
        assert {link[1:] for link in links} <= ids[0] | ids[1]
        assert not re.search(r"<style|<metadata|<!DOCTYPE|<\?xml", picture.svg)
        assert "http" not in picture.svg.replace("http://www.w3.org/2000/svg", "")
        assert "<title" in picture.svg
        assert "What it shows" in picture.svg


def test_the_same_drawing_gives_the_same_bytes() -> None:
    for make in (
        lambda: swimmer_figure(bars(50), GROUPS, DAYS),
        lambda: flow_figure(FLOW, {"short": 40, "long": 27}),
        lambda: forest_figure([ForestRow("a", 0.9, 0.001, 2.1)]),
        lambda: durations_figure({"short": np.array([1.0, 5.0])}, [14.0], DAYS),
    ):
        assert drawn(make()).svg == drawn(make()).svg


@pytest.mark.parametrize("name", ["", "9", "A", "a b", 'a"'])
def test_a_drawing_needs_a_proper_name(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a drawing"):
        drawn(flow_figure(FLOW), name)


def test_a_drawing_needs_an_alternative_text() -> None:
    with pytest.raises(ValueError, match="alternative"):
        drawing(flow_figure(FLOW), "flow", title="Flow", alternative=" ")


def test_text_is_fitted_to_its_room() -> None:
    long = "a very long name of a group that nobody could print in one line"
    assert width_of(fitted(long, 100)) <= 100
    lines = wrapped(long, 100, lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(width_of(line) <= 100 for line in lines)
    assert " ".join(wrapped(long, 100, lines=9)) == long


def test_colours_can_be_told_apart_and_read() -> None:
    assert len({look(k).colour for k in range(len(COLOURS))}) == len({look(k).dash for k in range(len(COLOURS))}) == 7
    assert all(contrast(readable(colour)) >= 4.5 for colour in COLOURS)
