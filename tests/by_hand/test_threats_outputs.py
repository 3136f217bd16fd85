"""What a report's other files must withstand: formulas, people's names, kills, changed data, other computers.

Which test holds which threat (those of a server, 8, are not here):

1 formulas, 10 people's names, 11 small cells, 17 kills, 18 read-only places, 19 other computers, 20 provenance,
22 changed data: here and in ``test_small_cells.py``; 4 to 7, 9 and 12 files, archives, names, sizes, code and encodings:
``tests/broke/test_threats_files.py``; 2 and 3 markup in texts: ``tests/looks/drawn.py`` and its users; 13 to 15 dates, identifiers
and numbers: ``tests/laws/test_planted_defects.py``; 16 what cannot be estimated: ``tests/people/test_trouble_*.py``;
21 what durata is built of: hashes of all packages in ``tests/test_architecture.py`` (the locks), bytes and licence of the
font it brings in ``tests/looks/test_chinese_font.py``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

import durata as du
from durata.cli.entry import main
from durata.language.speaking import speaking
from durata.report.document import Document, FigureBlock, TableBlock
from durata.report.figure_files import UnknownFormat, figure_files, figure_formats
from durata.report.folder import finish_exchange
from durata.report.origin import StaleResult
from durata.report.plain_numbers import plain_number
from durata.report.table_files import disarmed, to_csv_files
from durata.report.verifying import NotAReport, verify
from durata.report.workbook import sheet_name, to_xlsx
from durata.show.numbers import Cell, refused
from durata.show.table import Head, Row, Table

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=cmd|"/C calc"!A0',
    '=HYPERLINK("http://example.org","x")',
    "＝1+1",
)
WORDS = ("https://example.org", "mailto:a@example.org", "internal:'Table 1'!A1", "007", "1e5", "nan-like", " =1+1")

STUDY = """[study]
title = "Waiting"
time_unit = "days"
{more}
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
at = [100, 300]
"""


def day(number: int) -> str:
    import datetime

    return (datetime.date(2015, 1, 1) + datetime.timedelta(days=number)).isoformat()


def write_study(folder: Path, *, n: int = 40, more: str = "", columns: dict[str, str] | None = None) -> Path:
    """A study of ``n`` people; ``columns`` are columns that it does not declare, with a value for everybody."""
    folder.mkdir(parents=True, exist_ok=True)
    extra = columns or {}
    lines = [",".join(["patient", "start", "surgery", "death", "last", "site", *extra])]
    for k in range(n):
        surgery = 20 + 5 * (k % 8) if k % 2 else 70 + 3 * (k % 9)
        death = day(k + 150 + 7 * (k % 50)) if k % 3 else ""
        cells = [f"p{k}", day(k), day(k + surgery), death, day(k + 600), "AB"[k % 5 == 0]]
        lines.append(",".join([*cells, *extra.values()]))
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    study = folder / "study.toml"
    study.write_text(STUDY.format(more=more), encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> du.StudyRun:
    return du.run(write_study(tmp_path_factory.mktemp("study")))


def hostile() -> Document:
    heads = (Head("=A1", "left", spanner="@x"), Head("-n", "right", spanner="@x"))
    rows = [Row("Numbers", (Cell("−5.2"), Cell("1,254", "a note")))]
    rows += [Row(text, (Cell(text), refused("=why"))) for text in (*FORMULAS, *WORDS)]
    rows.append(Row("=heading", heading=True))
    one = Table("=title", "+stub", heads, tuple(rows), ("=a note", "@another"))
    two = Table("Second", "", (Head("n"),), (Row("a", (Cell("3.50"),)),))
    return Document("=study", "-question", (TableBlock(one), TableBlock(two)))


# --- 1: formulas -----------------------------------------------------------------------------------------------------


def test_threat_1_no_cell_of_the_workbook_is_a_formula_or_a_foreign_link() -> None:
    content = to_xlsx(hostile())
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None}
    assert kinds == {"s", "n"}
    links = [cell.hyperlink for sheet in book for line in sheet.iter_rows() for cell in line if cell.hyperlink]
    assert links
    assert all(link.target is None and link.location for link in links)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert not [name for name in packed.namelist() if "externalLink" in name or "vba" in name.lower()]
        assert all(b"<f>" not in packed.read(name) for name in packed.namelist())
    shown = {str(cell.value) for line in book.worksheets[1].iter_rows() for cell in line if cell.value is not None}
    assert {"=1+1", "＝1+1", "007", "1e5", "https://example.org"} <= shown


def test_threat_1_numbers_are_numbers_in_the_form_they_are_printed_in() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(hostile()))).worksheets[1]
    first = next(line for line in sheet.iter_rows() if line[0].value == "Numbers")
    assert [(cell.value, cell.data_type, cell.number_format) for cell in first[1:3]] == [
        (-5.2, "n", "0.0"),
        (1254, "n", '#,##0" (a)"'),
    ]
    assert sheet.freeze_panes == "B5"


def test_threat_1_no_cell_of_a_csv_begins_as_a_formula() -> None:
    files = to_csv_files(hostile())
    assert set(files) == {"tables/table-01.csv", "tables/table-02.csv", "tables/contents.csv"}
    for content in files.values():
        assert content.startswith(b"\xef\xbb\xbf")
        for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            for cell in line:
                assert plain_number(cell) or not cell.lstrip().startswith(("=", "+", "-", "@", "＝")), cell
    lines = list(csv.reader(io.StringIO(files["tables/table-01.csv"].decode("utf-8-sig"), newline="")))
    assert lines[1] == ["Numbers", "-5.2", "1254", "a note"]
    assert disarmed("-5.2") == "-5.2"
    assert disarmed("-5.2 to 1") == "'-5.2 to 1"


def test_sheet_names_are_those_excel_accepts() -> None:
    taken: set[str] = set()
    for text in ("Table 1", "table 1", "[a]:*?/\\'b'", "x" * 40, "x" * 41, "History", "", "表 1"):
        name = sheet_name(text, taken)
        assert 1 <= len(name) <= 31
        assert not set(name) & set("[]:*?/\\'")
        assert name.casefold() not in {*taken, "history"}
        taken.add(name.casefold())


def test_the_workbook_has_every_table_and_the_same_bytes(finished: du.StudyRun) -> None:
    document = finished.document()
    first = to_xlsx(document)
    time.sleep(1.1)
    assert to_xlsx(document) == first
    book = openpyxl.load_workbook(io.BytesIO(first))
    tables = [block.table for block in document.blocks if isinstance(block, TableBlock)]
    assert len(book.worksheets) == 1 + len(tables)
    assert [sheet["A1"].value.partition(". ")[2] for sheet in book.worksheets[1:]] == [one.title for one in tables]


def test_figures_are_written_in_the_formats_asked_for(finished: du.StudyRun) -> None:
    document = finished.document()
    drawings = [block.drawing for block in document.blocks if isinstance(block, FigureBlock)]
    one = Document("t", "", (FigureBlock(drawings[0], "c"),))
    files = figure_files(one, figure_formats("svg, pdf, png, tiff"))
    starts = {name.rpartition(".")[2]: content[:4] for name, content in files.items()}
    assert starts == {"svg": b"<?xm", "pdf": b"%PDF", "png": b"\x89PNG", "tiff": b"II*\x00"}
    assert figure_files(one, figure_formats("svg, pdf, png, tiff")) == files
    assert figure_formats("none") == ()
    with pytest.raises(UnknownFormat, match="gif"):
        figure_formats("svg,gif")


# --- 17: an interrupted run ------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from durata.report.folder import write_folder

turn = 0
print("ready", flush=True)
while True:
    letter = "AB"[turn % 2].encode()
    names = ["report.html", "tables/table-01.csv", "tables/table-02.csv", "figures/figure-01-flow.svg", "figures/x.png"]
    write_folder(Path(sys.argv[1]), {name: letter * 30_000 for name in names})
    turn += 1
"""


def test_threat_17_killed_at_20_moments_leaves_old_or_new(tmp_path: Path) -> None:
    target, moments, states = tmp_path / "report", random.Random(20), set()
    for turn in range(20):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while turn == 0 and not target.exists():  # on a busy computer 50 ms may not be enough for one folder
                time.sleep(0.01)
            time.sleep(moments.uniform(0.0, 0.05))
            writer.kill()
        finish_exchange(target)
        if target.exists():
            manifest = json.loads((target / "manifest.json").read_bytes())["sha256"]
            found = {
                path.relative_to(target).as_posix(): path.read_bytes()
                for path in target.rglob("*")
                if path.is_file() and path.name != "manifest.json"
            }
            assert {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} == manifest
            assert len(set(found.values())) == 1
            states.add(next(iter(found.values()))[:1])
    assert states


# --- 18: a place that cannot be written ------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_threat_18_a_read_only_place_is_refused_in_words(finished: du.StudyRun, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(du.DurataError, match="may not be written"):
        finished.write(tmp_path / "report", ())
    assert not list(tmp_path.iterdir())


# --- 20: where a report comes from -----------------------------------------------------------------------------------


@pytest.fixture
def report(finished: du.StudyRun, tmp_path: Path) -> Path:
    target = tmp_path / "report"
    finished.write(target, ())
    return target


def inputs(finished: du.StudyRun) -> tuple[Path, Path]:
    source = finished.contents.study.source
    assert source is not None
    return source.path.parent / "people.csv", source.path


def test_threat_20_the_report_is_proved_whole_or_in_parts(finished: du.StudyRun, report: Path, tmp_path: Path) -> None:
    data, study = inputs(finished)
    for place in (
        report,
        report / "report.html",
        report / "report.docx",
        report / "results.json",
        report / "manifest.json",
    ):
        verified = verify(place, data)
        assert verified.holds
        assert [proof.holds for proof in verified.proofs] == [True, True, True]
    word = tmp_path / "sent.docx"
    word.write_bytes((report / "report.docx").read_bytes())
    assert [proof.holds for proof in verify(word, data).proofs] == [True, True, None]
    alone = tmp_path / "sent.html"
    alone.write_bytes((report / "report.html").read_bytes())
    verified = verify(alone, data, study)
    assert [proof.holds for proof in verified.proofs] == [True, True, True]
    alone.write_text(alone.read_text(encoding="utf-8").replace("Death", "Life", 1), encoding="utf-8")
    assert [proof.holds for proof in verify(alone, data).proofs] == [True, True, False]


def test_threat_20_other_data_and_altered_files_are_said(finished: du.StudyRun, report: Path, tmp_path: Path) -> None:
    data, study = inputs(finished)
    other = tmp_path / "people.csv"
    other.write_bytes(data.read_bytes().replace(b"p1,", b"q1,"))
    verified = verify(report, other, study)
    assert not verified.holds
    assert "is not the file that this report was made from" in verified.proofs[0].words
    (report / "tables.xlsx").write_bytes(b"edited")
    (report / "results.json").unlink()
    words = [proof.words for proof in verify(report, data).proofs if proof.holds is False]
    assert words == [
        "results.json is missing from the report.",
        "tables.xlsx was changed after the report was written.",
    ]
    with speaking("zh"):
        assert "不是" in verify(report, other, study).proofs[0].words


@pytest.mark.parametrize("content", [b"<html></html>", b"\xff\xfe\x00", b'<meta name="durata-origin" content="[">'])
def test_threat_20_what_is_no_report_is_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("page.html", "page.json", "page.docx", "page.pdf"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotAReport):
            verify(tmp_path / name, tmp_path / name)
    with pytest.raises(NotAReport):
        verify(tmp_path, tmp_path / name)


def test_threat_20_the_command_exits_with_1(
    finished: du.StudyRun,
    report: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, _ = inputs(finished)
    other = tmp_path / "other.csv"
    other.write_bytes(b"patient\n")
    for file, code in ((data, 0), (other, 1)):
        monkeypatch.setattr(sys, "argv", ["durata", "verify", str(report), str(file), "--format", "json"])
        with pytest.raises(SystemExit) as left:
            main()
        assert (left.value.code or 0) == code
        said = json.loads(capsys.readouterr().out)
        assert said["holds"] == (code == 0)
        assert said["origin"]["durata"]


# --- 22: data that change meanwhile ----------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", ["people.csv", "study.toml"])
def test_threat_22_a_changed_file_is_refused_and_nothing_written(tmp_path: Path, changed: str) -> None:
    study = write_study(tmp_path / "study")
    run = du.run(study)
    file = study.with_name(changed)
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(StaleResult, match=rf"{changed}.* changed while the study ran"):
        run.write(tmp_path / "report", ())
    assert not (tmp_path / "report").exists()
    file.unlink()
    with pytest.raises(StaleResult):
        run.write(tmp_path / "report", ())


# --- 10: people's names ----------------------------------------------------------------------------------------------

CANARIES = {"姓名": "张金丝雀", "身份证号": "11010519491231002X", "住院号": "ZY98765432", "phone": "13800138099"}


def test_threat_10_undeclared_personal_columns_appear_nowhere(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study", columns=CANARIES)
    broken = write_study(tmp_path / "broken", columns=CANARIES)
    text = (tmp_path / "broken" / "people.csv").read_text(encoding="utf-8")
    (tmp_path / "broken" / "people.csv").write_text(text.replace(day(3), "no date", 1), encoding="utf-8")
    place = tmp_path / "temporary"
    place.mkdir()
    crash = (
        "import sys, durata.pipeline as p\n"
        "def broken(*a, **k): raise RuntimeError(repr(a))\n"
        "p.lint = broken\n"
        "from durata.cli.entry import main; sys.argv = ['durata', 'run', sys.argv[1]]; main()\n"
    )
    environment = {**os.environ, "TMPDIR": str(place), "PYTHONIOENCODING": "utf-8"}
    said = ""
    for words in (
        ["-m", "durata", "run", str(study)],
        ["-m", "durata", "check", str(broken)],
        ["-c", crash, str(study)],
    ):
        done = subprocess.run([sys.executable, *words], capture_output=True, env=environment, check=False)
        said += (done.stdout + done.stderr).decode("utf-8")
    assert "RuntimeError" in said
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "people.csv"]
    assert any(path.name == "tables.xlsx" for path in written)
    for canary in CANARIES.values():
        assert canary not in said
        for path in written:
            for content in unpacked(path):
                assert canary.encode() not in content, path.name


def unpacked(path: Path) -> list[bytes]:
    """The bytes of a file, and of everything packed in it."""
    content = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return [content]
    with zipfile.ZipFile(path) as packed:
        return [content, *(packed.read(name) for name in packed.namelist())]


# --- 19: the same bytes elsewhere ------------------------------------------------------------------------------------

ELSEWHERE = """
import hashlib, json, sys
import durata as du
files = du.run(sys.argv[1]).files(("svg",))
print(json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}))
"""


def test_threat_19_other_settings_of_the_computer_give_the_same_bytes(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study")
    found = []
    for seed, zone, language, place in (
        ("1", "UTC", "C.UTF-8", tmp_path),
        ("2", "Asia/Shanghai", "zh_CN.UTF-8", Path.home()),
    ):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language}
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(study)], capture_output=True, env=environment, cwd=place, check=True
        )
        found.append(json.loads(done.stdout))
    assert {"report.html", "report.docx", "results.json", "tables.xlsx", "tables/table-01.csv"} <= set(found[0])
    assert found[0] == found[1]
