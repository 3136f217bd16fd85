"""The report in Chinese: every sentence has its translation, nothing English is left over, and the numbers are the same."""

from __future__ import annotations

import dataclasses
import json
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

from durata.examples import example
from durata.finding import Finding
from durata.language.speaking import speaking
from durata.pipeline import StudyRun, run
from durata.report.document import References, Run
from durata.report.results import results

CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
FULL_WIDTH = "\uff0c\uff1b\uff1a\uff1f\uff08\uff09\u3002\u3001\u201c\u201d"
FREELY_GIVEN = {"start", "end", "treatment"}
"""The study's own words, which every sentence may use."""

# What a Chinese journal leaves in Latin letters: names of people, tests, genes, software, units, and what stands in code.
ALLOWED = {
    *[
        "Aalen",
        "Armitage",
        "Austin",
        "Breslow",
        "Byar",
        "Choi",
        "Clopper",
        "Cochran",
        "Cox",
        "Dalton",
        "Efron",
        "Fine",
        "Firth",
        "Fisher",
        "Fleming",
        "Gray",
    ],
    *[
        "Grambsch",
        "Greenwood",
        "Harrell",
        "Harrington",
        "Holm",
        "Johansen",
        "Kaplan",
        "Kruskal",
        "Mantel",
        "Meier",
        "Newcombe",
        "Pearson",
        "Poisson",
    ],
    *[
        "Therneau",
        "Wallis",
        "Wald",
        "Wilcoxon",
        "Wilson",
        "Yang",
        "Yates",
        "Rubin",
        "Schoenfeld",
        "Simpson",
        "Royston",
        "Simes",
        "Bonferroni",
    ],
    *[
        "log",
        "rank",
        "ECOG",
        "KIT",
        "Kit",
        "PDGFRA",
        "RECIST",
        "NIH",
        "SMD",
        "EPV",
        "GIST",
        "CSV",
        "JSON",
        "SHA",
        "sha",
        "Python",
        "numpy",
        "scipy",
        "pandas",
        "pydantic",
    ],
    *[
        "openpyxl",
        "matplotlib",
        "pyarrow",
        "durata",
        "Linux",
        "Darwin",
        "Windows",
        "survival",
        "results",
        "json",
        "gist",
        "csv",
        "study",
        "toml",
        "logit",
        "RMST",
        "utf",
    ],
}
CODE = re.compile(
    r"\[[a-z_.]+\]|[a-z_]+ = \"[a-z_]+\"|durata [a-z]+|\[[a-z_]+\]的[a-z]+与[a-z]+|kind取|[\w.]+\.(?:toml|csv|json)|\b[a-z]+_[a-z_]+\b|(?<![A-Za-z])adjust(?![A-Za-z])"
)
QUOTED = re.compile(r"'[^']*'")  # names of columns and levels, as the file has them
CITED = re.compile(r"[A-Z][a-z]+ et al\., [^\uff09]*")


@pytest.fixture(scope="module")
def chinese() -> StudyRun:
    return run(example("gist", "zh"))


@pytest.fixture(scope="module")
def english() -> StudyRun:
    return run(example("gist"))


def sentences(language: str) -> dict[str, str]:
    text = resources.files("durata.report.words").joinpath(f"{language}.toml").read_text(encoding="utf-8")

    def flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
        for key, value in table.items():
            if isinstance(value, Mapping):
                yield from flat(value, f"{above}{key}.")
            else:
                yield above + key, value

    return dict(flat(tomllib.loads(text)))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def said(value: Any) -> Iterator[str]:
    """Every text a block prints; never the keys, anchors and drawings behind it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Run):
        if value.voice not in {"code", "refer", "cite"}:
            yield value.text
    elif isinstance(value, Finding):
        yield from (value.message, value.advice)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in {"anchor", "svg", "name", "language", "origin", "align", "tone", "figure", "data"}:
                yield from said(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from said(one)


def texts(finished: StudyRun) -> list[str]:
    with speaking(finished.contents.study.study.language):
        blocks = [block for block in finished.document().blocks if not isinstance(block, References)]
        return list(dict.fromkeys(text for block in blocks for text in said(block)))


def test_the_sentences_of_both_languages_are_the_same_ones() -> None:
    english, chinese = sentences("en"), sentences("zh")
    assert set(english) == set(chinese)
    for key, sentence in english.items():
        known = placeholders(sentence), placeholders(chinese[key])
        assert known[0] - FREELY_GIVEN == known[1] - FREELY_GIVEN, key
        assert re.findall(r"\[\w+\]", sentence) == re.findall(r"\[\w+\]", chinese[key]), key


def test_a_chinese_sentence_stands_on_one_line_and_in_chinese_punctuation() -> None:
    for key, sentence in sentences("zh").items():
        assert "\n" not in sentence, key
        plain = re.sub(r"\{[^}]*\}|\[\w+\]", "", sentence)
        assert not re.search(rf"[{CHINESE}][,;:?!()]|[,;:?!()][{CHINESE}]", plain), key


@pytest.mark.parametrize("area", ["estimators", "designs", "rule_sets"])
def test_translations_fill_the_same_names_in_chinese_punctuation(area: str) -> None:
    file = resources.files("durata.language").joinpath("zh", f"{area}.toml")
    for sentence, words in tomllib.loads(file.read_text(encoding="utf-8")).items():
        assert placeholders(sentence) == placeholders(words), sentence
        plain = re.sub(r"\{[^}]*\}|\w+\((?:[^()]|\([^()]*\))*\)", "", words, flags=re.ASCII)
        assert not re.search(rf"[{CHINESE}][,;:?!]|[,;:?!][{CHINESE}]", plain), words


def test_nothing_english_is_left_in_the_chinese_report(chinese: StudyRun) -> None:
    left = {}
    for text in texts(chinese):
        plain = CITED.sub("", QUOTED.sub("", CODE.sub("", text)))
        words = [word for word in re.findall(r"[A-Za-z]{3,}", plain) if word not in ALLOWED]
        if words and re.search(rf"[{CHINESE}]| ", text):
            left[text[:120]] = words
    assert not left


def test_punctuation_between_chinese_characters_is_chinese(chinese: StudyRun) -> None:
    for text in texts(chinese):
        found = re.search(
            rf"[{CHINESE}{FULL_WIDTH}][,;:?!][{CHINESE}]|[{CHINESE}] [{CHINESE}]|[{CHINESE}]\.(?:$|[{CHINESE}])", text
        )
        assert not found, text[max(found.start() - 30, 0) : found.end() + 30]


def test_every_placeholder_is_filled(chinese: StudyRun) -> None:
    for text in texts(chinese):
        assert not re.search(r"\{\w*[!:}]", text), text


def test_the_sentences_read_as_they_were_written(chinese: StudyRun) -> None:
    everything = "\n".join(texts(chinese))
    for wanted in (
        "\u98ce\u9669\u6bd4\u4e3a\u4e2d\u671f\u7ec4\uff087~12\u4e2a\u6708\uff090.52(95% CI:0.26~1.05)\u548c\u957f\u671f\u7ec4",
        "\u5b58\u5728\u9519\u8bef\u7ea7\u53d1\u73b0\uff08",
        "\u5173\u8054\uff0c\u672a\u8bc1\u5b9e\u56e0\u679c",
        "\u9ad8\u5ea6\u6548\u5e94",
        "8.97\u4e2a\u6708\uff08Q1\uff0cQ3\uff1a5.98\uff0c12\uff09",
    ):
        assert wanted in everything


def numbers(value: Any) -> Any:
    """The numbers of a results document, with the words taken out."""
    if isinstance(value, Mapping):
        return [numbers(one) for key, one in value.items() if key not in {"study", "provenance"}]
    if isinstance(value, list):
        return [numbers(one) for one in value]
    return value if isinstance(value, int | float) else None


def test_the_numbers_are_those_of_the_english_study(chinese: StudyRun, english: StudyRun) -> None:
    there, here = results(english.contents), results(chinese.contents)
    assert list(there) == list(here)
    for key in ("flow", "durations", "cohorts", "analyses", "published", "claims"):
        assert json.dumps(numbers(there[key])) == json.dumps(numbers(here[key])), key
    assert [one["code"] for one in there["findings"]] == [one["code"] for one in here["findings"]]
    assert there["quiet"] == here["quiet"]


def test_a_language_asked_for_leaves_the_labels_of_the_study() -> None:
    finished = run(example("stanford"), language="zh")
    study = finished.contents.study
    assert study.study.language == "zh"
    assert study.study.title == run(example("stanford")).contents.study.study.title
    assert "\u4e3b\u8981\u7ed3\u679c" in "\n".join(texts(finished))


@pytest.mark.parametrize("word", ["independent", "\u72ec\u7acb\u4fdd\u62a4", "\u72ec\u7acb\u5f71\u54cd"])
def test_nothing_is_called_an_independent_factor_while_an_error_stands(
    chinese: StudyRun, english: StudyRun, word: str
) -> None:
    for finished in (chinese, english):
        assert not [text for text in texts(finished) if word in text and "if they were independent" not in text]
    assert any("association; causation is not shown" in text for text in texts(english))
