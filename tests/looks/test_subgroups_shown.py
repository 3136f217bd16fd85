"""Subgroups as a table and as a forest: every group within each, the interaction, and what could not be had."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import HOSTILE, curve, texts
from test_html import Page

from durata.estimate.analysis import Refused
from durata.estimate.result import Effects, Summary, Term, Test
from durata.report.document import Document, TableBlock
from durata.report.html import to_html
from durata.show.figures.forest import forest_figure
from durata.show.figures.subgroups import DETAIL_HEAD, subgroup_rows, subgroup_words
from durata.show.figures.svg import drawing
from durata.show.numbers import Cell, refused
from durata.show.subgroup_tables import SubgroupResult, subgroup_survival_table, subgroup_table
from durata.show.time_scale import TimeScale

DAYS = TimeScale("days")
LOG_RANK = Test("equal", "log-rank test", 4.0, 1, 0.0454)


def model(*logs: tuple[str, float, float], reference: str = "short") -> Effects:
    variances = np.diag([std_error**2 for _, _, std_error in logs])
    return Effects(
        terms=tuple(Term(f"group: {group}", "group", group, reference) for group, _, _ in logs),
        estimate=np.array([value for _, value, _ in logs]),
        covariance=variances,
        model_covariance=variances,
        scale="log hazard ratio",
        method="Cox proportional hazards",
        conf_level=0.95,
        n=8,
        n_people=8,
        n_events=4,
    )


ALL = SubgroupResult("All patients", curve("short", "long"), LOG_RANK, model(("long", np.log(0.5), 0.4)))
WOMEN = SubgroupResult(
    "Women",
    curve("short", "long"),
    LOG_RANK,
    model(("long", np.log(0.8), 0.5)),
    Test("same", "likelihood-ratio test", 0.5, 1, 0.48),
    Summary("pairs", ({"group": "long", "reference": "short", "p_value": 0.031, "method": "log-rank test"},)),
)
NOBODY = SubgroupResult(
    "Children", Refused("Nobody is in it."), Refused("No test."), Refused("No model."), Refused("No interaction.")
)


def test_subgroups_with_their_groups_and_tests() -> None:
    table = subgroup_table([ALL, WOMEN, NOBODY], title="Deaths")
    assert [[words.replace("\u2011", "-") for words in row] for row in table.text()] == [
        ["Subgroup", "Patients", "Events", "Hazard ratio (95% CI)", "p", "Log-rank p", "p for interaction"],
        ["All patients", "8", "4", "", "", "0.045", ""],
        ["short", "4", "2", "1 (reference)", "", "", ""],
        ["long", "4", "2", "0.50 (0.23 to 1.10)", "0.083", "", ""],
        ["Women", "8", "4", "", "", "0.045", "0.480"],
        ["short", "4", "2", "1 (reference)", "", "", ""],
        ["long", "4", "2", "0.80 (0.30 to 2.13)", "0.655", "0.031", ""],
        ["Children", "–", "–", "–", "–", "–", "–"],
    ]
    assert list(table.marks()) == [
        *("Log-rank test.", "Likelihood-ratio test.", "Nobody is in it."),
        *("No model.", "No test.", "No interaction."),
    ]
    assert table.notes[:2] == (
        "Hazard ratios: Cox proportional hazards; p-values by Wald's test.",
        "Log-rank p of a group: against the reference, not adjusted.",
    )


def test_a_group_that_is_not_in_the_model_says_so() -> None:
    one = replace(ALL, curve=curve("short", "long", "very long"))
    assert subgroup_table([one], title="Deaths").rows[3].cells[2] == refused("Not in this model.")
    no_model = replace(ALL, model=Refused("Nobody died."))
    table = subgroup_table([no_model], title="Deaths")
    assert table.rows[0].cells[2] == refused("Nobody died.")
    assert table.rows[1].cells[2] == Cell("")


def test_another_reference_than_the_first_group() -> None:
    one = replace(WOMEN, model=model(("short", np.log(2.0), 0.4), reference="long"))
    rows = subgroup_table([one], title="Deaths").rows
    assert [row.cells[2].text for row in rows[1:]] == ["2.00 (0.91 to 4.38)", "1 (reference)"]
    assert [row.cells[4].text for row in rows[1:]] == ["0.031", ""]


def test_survival_in_subgroups_stands_under_each() -> None:
    table = subgroup_survival_table([ALL, NOBODY, WOMEN], [10.0, 20.0], DAYS, title="Deaths", estimand="Alive")
    assert table.text()[0][:2] == ["Subgroup", "At 10 days: Alive (95% CI)"]
    assert [(row.stub, row.depth, row.heading) for row in table.rows] == [
        ("All patients", 0, True),
        ("short", 1, False),
        ("long", 1, False),
        ("Children", 0, False),
        ("Women", 0, True),
        ("short", 1, False),
        ("long", 1, False),
    ]
    assert table.rows[3].cells == (refused("Nobody is in it."),) * 4
    assert table.rows[1].cells[1] == Cell("4")


def test_more_than_three_horizons_name_the_subgroup_in_every_row() -> None:
    table = subgroup_survival_table([ALL, WOMEN, NOBODY], [5.0, 10.0, 20.0, 30.0], DAYS, title="Deaths")
    assert [row.stub for row in table.rows[:6]] == [
        "At 5 days",
        "All patients: short",
        "All patients: long",
        "Women: short",
        "Women: long",
        "At 10 days",
    ]
    assert table.rows[-1].stub == "Children"


def test_subgroups_none_of_which_has_curves() -> None:
    table = subgroup_survival_table([NOBODY], [10.0], DAYS, title="Deaths", estimand="Alive")
    assert table.text() == [["Subgroup", "Alive"], ["Children", "–"]]
    for empty in (lambda: subgroup_table([], title="t"), lambda: subgroup_survival_table([ALL], [], DAYS, title="t")):
        with pytest.raises(ValueError, match="needs"):
            empty()


def test_a_forest_of_subgroups() -> None:
    rows = subgroup_rows([ALL, WOMEN, NOBODY])
    assert [(row.label, row.kind, row.detail) for row in rows] == [
        ("All patients (n = 8)", "heading", ""),
        ("long vs short", "effect", "2/4 vs 2/4"),
        ("Women (n = 8; p for interaction = 0.480)", "heading", ""),
        ("long vs short", "effect", "2/4 vs 2/4"),
        ("Children (interaction not tested)", "heading", ""),
        ("No hazard ratio", "effect", ""),
    ]
    assert rows[1].estimate == pytest.approx(0.5)
    assert rows[5].refused == "No model."
    picture = drawing(forest_figure(rows, detail_head=DETAIL_HEAD), "forest", title="F", alternative="A")
    assert texts(picture, "numbers") == ["0.50 (0.23 to 1.10)", "0.80 (0.30 to 2.13)"]
    assert subgroup_words([ALL, WOMEN, NOBODY]) == (
        "Hazard ratio with interval by subgroup. All patients (n = 8): long vs short 0.50 (0.23 to 1.10); "
        "Women (n = 8; p for interaction = 0.480): long vs short 0.80 (0.30 to 2.13); "
        "Children (interaction not tested): No hazard ratio (No model)."
    )


def test_a_hazard_ratio_that_ran_away_is_drawn_to_the_edge_or_refused() -> None:
    far = subgroup_rows([replace(ALL, model=model(("long", -17.0, 2587.0)))])[1]
    assert far.high is not None
    assert far.high > 1e300
    assert "0.000" not in texts(drawing(forest_figure([far]), "far", title="F", alternative="A"))
    gone = subgroup_rows([replace(ALL, model=model(("long", -800.0, 1.0)))])[1]
    assert gone.refused == "This hazard ratio could not be estimated."


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_literally(name: str) -> None:
    one = SubgroupResult(name, curve("short", name), Refused(name), model((name, -0.2, 0.3)), Refused(name))
    for table in (subgroup_table([one], title=name), subgroup_survival_table([one], [10.0], DAYS, title=name)):
        page = Page(to_html(Document("t", "", (TableBlock(table),))))
        assert "".join(page.words).count(name) >= 2
        assert not {"script", "img", "svg", "b"} & set(page.tags)
    picture = drawing(forest_figure(subgroup_rows([one])), "f", title=name, alternative=subgroup_words([one]))
    assert name in "\n".join(texts(picture))
    assert "<script" not in picture.svg


def test_the_same_subgroups_give_the_same_bytes() -> None:
    def svg() -> str:
        return drawing(forest_figure(subgroup_rows([ALL, WOMEN])), "f", title="F", alternative="A").svg

    assert svg() == svg()
    assert subgroup_table([ALL, WOMEN], title="t") == subgroup_table([ALL, WOMEN], title="t")
