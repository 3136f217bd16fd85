"""The command line: what each command prints, and the exit code each kind of trouble gets, with its place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from durata.cli.entry import main

STUDY = """[study]
title = "Twelve people"
time_unit = "days"

[data]
file = "people.csv"
id = "patient"

[treatment]
name = "drug"
start = "start"
end = "surgery"
end_name = "surgery"
unit = "days"
groups = [{ name = "short", to = 60 }, { name = "long", from = 60 }]

[outcomes.death]
label = "Death"
event = ["death"]
censor = "last"

[horizons]
at = [100, 300]
"""

HEADER = "patient,start,surgery,death,last"
ROWS = [
    f"p{k},2020-01-{k:02d},2020-0{2 + 3 * (k % 2)}-{k:02d},{f'2020-{6 + k % 6:02d}-15' if k % 3 else ''},2021-01-15"
    for k in range(1, 13)
]


def write(folder: Path, *, study: str = STUDY, rows: list[str] | None = None, header: str = HEADER) -> Path:
    file = folder / "study.toml"
    file.write_text(study, encoding="utf-8")
    (folder / "people.csv").write_text("\n".join([header, *(ROWS if rows is None else rows)]) + "\n", encoding="utf-8")
    return file


class Called:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def durata(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def call(*words: object) -> Called:
        monkeypatch.setattr(sys, "argv", ["durata", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Called(int(left.value.code or 0), said.out, said.err)

    return call


def test_run_writes_a_report_and_results(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    called = durata("run", write(tmp_path), "--output", tmp_path / "out")
    assert called.code == 0, called.err
    assert str(tmp_path / "out" / "report.html") in called.out
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["flow"][0]["remaining"] == 12
    assert "<script" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8").lower()


def test_run_as_json_prints_one_document(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    called = durata("run", write(tmp_path), "--output", tmp_path / "out", "--format", "json")
    assert json.loads(called.out)["title"] == "Twelve people"


def test_same_input_same_bytes(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    study = write(tmp_path)
    for name in ("one", "two"):
        assert durata("run", study, "--output", tmp_path / name).code == 0
    for file in ("report.html", "results.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_check_and_run_say_who_was_left_out(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [ROWS[0].replace("2020-01-01", ""), *ROWS[1:]]
    study = write(tmp_path, rows=rows)
    for words in (("check", study), ("run", study, "--output", tmp_path / "out")):
        said = durata(*words).out
        assert "11 of 12 patients are in the declared analysis; left out: 1 start of treatment not recorded." in said


def test_check_fails_on_an_error_and_not_when_told(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    study = write(tmp_path)
    called = durata("check", study)
    assert called.code == 1
    assert "error T01" in called.out
    assert durata("check", study, "--fail-on", "never").code == 0
    codes = [f["code"] for f in json.loads(durata("check", study, "--format", "json").out)["findings"]]
    assert "T01" in codes


def test_a_finding_set_aside_is_printed_with_its_reason(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    study = write(tmp_path, study=STUDY + '\n[ignore]\nT01 = "described only"\n')
    called = durata("check", study, "--fail-on", "error")
    assert "set aside T01" in called.out
    assert "described only" in called.out


def test_trace_prints_the_walk_of_one_patient(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    called = durata("trace", "p3", write(tmp_path))
    assert called.code == 0, called.err
    assert "people.csv, row 4" in called.out
    assert "time_dependent / Death" in called.out


def test_rules_lists_all_and_shows_a_page(durata) -> None:  # type: ignore[no-untyped-def]
    listed = durata("rules")
    assert all(code in listed.out for code in ("D01", "D02", "P01", "R02", "T01", "T02"))
    assert durata("rules", "t01").out.startswith("# T01")
    assert durata("rules", "Z99").code == 2


def test_schema_describes_every_key(durata) -> None:  # type: ignore[no-untyped-def]
    assert "treatment" in json.loads(durata("schema").out)["properties"]


TROUBLE = {
    "unknown key": ({"study": STUDY.replace("unit = ", "unti = ", 1)}, 3, ["study.toml:", "unti"]),
    "broken TOML": ({"study": STUDY.replace("[data]", "[data")}, 3, ["study.toml:5:"]),
    "wrong column": ({"header": HEADER.replace("surgery", "operation")}, 3, ["surgery", "people.csv"]),
    "impossible date": ({"rows": [*ROWS[:4], ROWS[4].replace("2020-01-05", "2020-02-30"), *ROWS[5:]]}, 3, ["row 6"]),
    "end before start": ({"rows": [*ROWS[:4], ROWS[4].replace("2020-01-05", "2020-11-05"), *ROWS[5:]]}, 3, ["row 6"]),
    "duplicate patient": ({"rows": [*ROWS, ROWS[0]]}, 3, ["row 14"]),
    "empty group": ({"study": STUDY.replace("60", "9000")}, 3, ["study.toml:", "long"]),
    "no events": ({"rows": [f"{r.rsplit(',', 2)[0]},,2021-01-15" for r in ROWS]}, 4, ["No patient has the event"]),
    "missing file": ({"study": STUDY.replace("people.csv", "peple.csv")}, 3, ["peple.csv"]),
    "path that leaves the folder": ({"study": STUDY.replace("people.csv", "../people.csv")}, 3, ["../people.csv"]),
    "no patients": ({"rows": []}, 3, ["people.csv"]),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_bad_input_is_refused_with_its_place_and_leaves_nothing(durata, tmp_path: Path, trouble: str) -> None:  # type: ignore[no-untyped-def]
    made, code, said = TROUBLE[trouble]
    called = durata("run", write(tmp_path, **made), "--output", tmp_path / "out")  # type: ignore[arg-type]
    assert called.code == code, called.err
    for words in said:
        assert words in called.err
    assert "Traceback" not in called.err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["people.csv", "study.toml"]


def test_trouble_as_json_is_one_document(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    called = durata("run", write(tmp_path, rows=[*ROWS, ROWS[0]]), "--format", "json")
    assert called.code == 3
    assert json.loads(called.out)["findings"][0]["code"] == "D01"


def test_no_identifier_is_echoed(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [row.replace("p", "canary-", 1) for row in ROWS]
    called = durata("run", write(tmp_path, rows=[*rows, rows[0]]), "--output", tmp_path / "out")
    assert "canary" not in called.out + called.err
    called = durata("run", write(tmp_path, rows=rows), "--output", tmp_path / "out")
    assert called.code == 0
    assert "canary" not in called.out + called.err
    written = [file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert len(written) > 10
    assert not [content for content in written if b"canary" in content]


def test_wrong_words_are_usage(durata) -> None:  # type: ignore[no-untyped-def]
    assert durata("rnu").code == 2
    assert durata("run").code == 2
    assert durata("demo", "nowhere").code == 2


def test_our_own_error_is_redacted(durata, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the value canary-17 of a patient")

    monkeypatch.setattr("durata.pipeline.lint", broken)
    called = durata("run", write(tmp_path), "--output", tmp_path / "out")
    assert called.code == 70
    assert "canary" not in called.err
    assert "RuntimeError" in called.err
    assert "pipeline.py" in called.err


def test_help_is_quick_and_imports_no_numerics() -> None:
    probe = (
        "import sys\nsys.argv = ['durata', '--help']\nfrom durata.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'matplotlib', 'scipy', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("demo", "check", "run", "trace", "rules", "schema"):
        assert command in done.stdout


def test_only_the_option_format_makes_an_error_json(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    absent = tmp_path / "json"
    told = durata("run", "json", "-o", "json")
    assert (told.code, told.out) == (3, "")
    assert told.err
    asked = durata("check", absent, "--format", "json")
    assert asked.code == 3
    assert json.loads(asked.out)["exit_code"] == 3
    assert json.loads(durata("check", absent, "--format=json").out)["exit_code"] == 3


def test_output_folders_that_cannot_be_are_refused_in_words(durata, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    study = write(tmp_path)
    root = durata("run", study, "-o", tmp_path.anchor)
    assert root.code == 2
    assert "root of the file system" in root.err
    empty = durata("run", study, "-o", "")
    assert empty.code == 2
    assert "name of the folder is empty" in empty.err
    folder = durata("run", tmp_path.anchor)
    assert folder.code == 2
    assert "is a folder" in folder.err
