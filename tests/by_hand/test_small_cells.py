"""Small cells are shown in no channel, and nothing that is shown gives them away."""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import durata as du
from durata.finding import Finding, Severity
from durata.language.speaking import speaking
from durata.records.flow import Flow
from durata.report.protecting import protected_finding, protected_flow
from durata.show.disclosure import Disclosure, Withheld, disclosing
from durata.show.numbers import count, count_percent, counted, part_of_whole

FEWEST = 60  # large enough for small counts that occur nowhere else by chance
SITE = {"rare": (37, 41), "usual": (163, 159)}  # short, long
LEFT_OUT = 56


def write_study(folder: Path, small_cells: int | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    days = np.array("2010-01-01", dtype="datetime64[D]")
    random = np.random.default_rng(5)
    lines, k = ["patient,start,surgery,death,last,site"], 0
    for site, sizes in SITE.items():
        for size, (low, high) in zip(sizes, ((10, 60), (61, 200)), strict=True):
            for _ in range(size):
                start = days + int(random.integers(0, 700))
                surgery = start + int(random.integers(low, high))
                end = surgery + int(random.integers(30, 1500))
                died = random.random() < 0.5
                lines.append(f"p{k},{start},{surgery},{end if died else ''},{'' if died else end},{site}")
                k += 1
    lines += [f"p{k + i},,2011-01-01,,2012-01-01,usual" for i in range(LEFT_OUT)]
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    declared = f"small_cells = {small_cells}\n" if small_cells else ""
    study = folder / "study.toml"
    study.write_text(
        f"""[study]
title = "Waiting"
time_unit = "days"
{declared}
[data]
file = "people.csv"
id = "patient"

[treatment]
name = "drug"
start = "start"
end = "surgery"
unit = "days"
groups = [{{ name = "short", to = 60 }}, {{ name = "long", from = 60 }}]

[outcomes.death]
label = "Death"
event = ["death"]
censor = "last"

[covariates.site]
type = "category"
timing = "baseline"

[horizons]
at = [365, 1200]
""",
        encoding="utf-8",
    )
    return study


def texts(files: dict[str, bytes]) -> dict[str, str]:
    """What a reader or a machine finds in every output, coordinates of drawings aside."""
    found = {}
    for name, content in files.items():
        if name.endswith((".png", ".pdf", ".tiff")):
            continue
        if name.endswith(".xlsx"):
            book = openpyxl.load_workbook(io.BytesIO(content))
            found[name] = "\n".join(str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line)
            continue
        if name.endswith(".docx"):
            found[name] = in_word(content)
            continue
        text = content.decode("utf-8")
        if name.endswith((".html", ".svg")):
            described = re.findall(r'(?:aria-label|alt|content)="([^"]*)"', text)
            text = " ".join([re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL), *described])
        found[name] = text
    return found


def in_word(content: bytes) -> str:
    """Every text of a Word file, those that describe its figures included."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        xml = packed.read("word/document.xml").decode("utf-8")
    return " ".join([re.sub(r"<[^>]*>", " ", xml), *re.findall(r'(?:descr|title)="([^"]*)"', xml)])


def holds(text: str, number: int) -> bool:
    return re.search(rf"(?<![\w.\-])(?<!\d,){number}(?!\w|[.,\-]\d)", text) is not None


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    run = du.run(write_study(tmp_path_factory.mktemp("all"), None))
    return texts(run.files(("svg",)))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    run = du.run(write_study(tmp_path_factory.mktemp("few"), FEWEST))
    return texts(run.files(("svg",)))


def test_threat_11_the_small_cells_are_there_without_the_policy(shown: dict[str, str]) -> None:
    channels = {name for name, text in shown.items() if holds(text, SITE["rare"][0]) and holds(text, SITE["rare"][1])}
    assert {"report.html", "report.docx", "results.json", "tables.xlsx"} <= channels
    assert any(name.endswith(".csv") for name in channels)
    assert {name for name, text in shown.items() if holds(text, LEFT_OUT)} >= {"report.html", "results.json"}


def test_threat_11_no_small_cell_is_in_any_channel(guarded: dict[str, str]) -> None:
    for number in (*SITE["rare"], LEFT_OUT):
        for name, text in guarded.items():
            assert not holds(text, number), f"{number} in {name}"
    for name in ("report.html", "results.json", "tables.xlsx"):
        assert f"<{FEWEST}" in guarded[name].replace("&lt;", "<"), name


def test_threat_11_nothing_shown_gives_a_small_cell_away(guarded: dict[str, str]) -> None:
    # with the sizes of the groups known, the other level would tell; with the file's size known, the flow would
    for number in (*SITE["usual"], sum(map(sum, SITE.values())) + LEFT_OUT):
        for name, text in guarded.items():
            assert not holds(text, number), f"{number} in {name}"
    for share in ("18.5", "20.5", "81.5", "79.5"):
        for name, text in guarded.items():
            assert share not in text, f"{share}% in {name}"


def test_threat_11_numbers_at_risk_below_the_limit_are_not_drawn(guarded: dict[str, str]) -> None:
    curve = next(text for name, text in guarded.items() if "curve-1" in name)
    assert f"<{FEWEST}" in curve.replace("&lt;", "<")
    results = json.loads(guarded["results.json"])
    for answer in results["analyses"]:
        assert not [row for row in answer.get("rows", []) if "at_risk" in row]
        for row in answer.get("horizons", []):
            assert row["at_risk"] == f"<{FEWEST}" or row["at_risk"] >= FEWEST or row["at_risk"] == 0


def test_without_a_policy_nothing_changes(shown: dict[str, str]) -> None:
    assert "Withheld" not in shown["report.html"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_threat_11_estimates_on_few_events_of_a_group_are_refused_in_words(tmp_path: Path, language: str) -> None:
    study = write_study(tmp_path, 150)  # 115 and 105 events
    run = du.run(study, language=language)
    results = json.loads(run.results())
    for answer in results["analyses"]:
        if answer["estimator"] in ("cox", "kaplan_meier", "event_rates") and answer["design"] != "time_dependent":
            assert "150" in answer["refused"], answer
    said = texts({"report.html": run.files(())["report.html"]})["report.html"]
    assert {"en": "fewer than 150 patients", "zh": "少于150例患者"}[language] in said
    assert not holds(said, 115)
    assert not holds(said, 105)


# --- the policy itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fewest", [3, 5])
def test_no_withheld_count_of_a_table_can_be_worked_out(fewest: int) -> None:
    """By enumeration: every withheld cell can be another number than it is, the margins being known."""
    policy = Disclosure(fewest)
    for cells in itertools.product(range(1, 7, 2), repeat=6):
        table = [list(cells[:3]), list(cells[3:])]
        hidden = [[isinstance(count, Withheld) for count in row] for row in policy.table(table)]
        for line in (*hidden, *zip(*hidden, strict=True)):
            assert sum(line) != 1
        for row, hides in zip(table, hidden, strict=True):
            assert all(hide for count, hide in zip(row, hides, strict=True) if 0 < count < fewest)


def test_a_withheld_count_holds_no_count() -> None:
    few = Disclosure(5).few()
    assert (f"{few}", f"{few:,}", f"{few:.1f}", str(few), int(few)) == ("<5", "<5", "<5", "<5", 4)
    assert int(Disclosure(5).not_few()) == 5


def test_counts_in_sentences_and_cells() -> None:
    with disclosing(Disclosure(5)):
        assert [count(n) for n in (0, 1, 4, 5)] == ["0", "<5", "<5", "5"]
        assert counted(2, "patient") == "<5 patients"
        assert count_percent(3, 50) == "<5"
        assert count_percent(48, 50) == "≥5"
        assert part_of_whole(3, 50) == "<5/50"
    assert count(3) == "3"


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ([10, 20], [(0, "100"), (10, "90"), (20, "70")]),
        ([3], [(0, "≥5"), ("<5", "97")]),
        ([3, 20, 30], [(0, "100"), ("<5", "≥5"), ("≥5", "≥5"), (30, "47")]),
    ],
)
def test_a_small_step_of_the_flow_cannot_be_worked_out(left: list[int], expected: list[tuple[object, str]]) -> None:
    flow, first = Flow.start("in the file", 100), 0
    for number in left:
        flow = flow.without(f"reason {first}", tuple(range(first, first + number)))
        first += number
    shown = protected_flow(flow, Disclosure(5))
    assert [(str(step.excluded), str(step.remaining)) for step in shown.steps] == [(str(a), b) for a, b in expected]
    assert not any(step.people for step in shown.steps) or 3 not in left


@pytest.mark.parametrize("language", ["en", "zh"])
def test_evidence_of_findings_is_withheld(language: str) -> None:
    with speaking(language):
        finding = Finding(
            "X01", Severity.INFO, "{n} of {all} ({share:.0%}): {parts}.",
            {"n": 3, "all": 50, "share": 0.06, "parts": "short 3; long 2"},
        )  # fmt: skip
        said = protected_finding(finding, Disclosure(5)).message
        assert "3" not in said
        assert "6%" not in said
        assert "<5 of 50" in said
        assert protected_finding(finding, Disclosure()).message == finding.message
