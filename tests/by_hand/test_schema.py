"""The schema of the study file says the same as the types, so that editors complete and explain every key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import durata as du


def tables() -> Iterator[Any]:
    schema = du.study_schema()
    yield pytest.param("study file", schema, id="study file")
    for name, table in schema["$defs"].items():
        yield pytest.param(name, table, id=name)


@pytest.mark.parametrize(("name", "table"), list(tables()))
def test_every_key_is_described_and_no_other_is_allowed(name: str, table: dict[str, Any]) -> None:
    assert table["additionalProperties"] is False, name
    for key, described in table["properties"].items():
        assert described.get("description", "").endswith("."), f"{name}: {key}"
        assert not key.endswith("_"), f"{name}: {key} is a name of Python's, not of the study file"


def test_schema_is_plain_json_of_a_named_dialect() -> None:
    schema = json.loads(json.dumps(du.study_schema()))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["study", "data", "treatment", "outcomes"]
    assert schema["$defs"]["DurationGroup"]["required"] == ["name"]
    assert set(schema["$defs"]["Condition"]["properties"]) == {"covariate", "is", "not", "from", "to", "label"}


def test_the_line_that_names_the_schema_is_a_comment_to_durata(tmp_path) -> None:
    original = du.example("stanford").read_text(encoding="utf-8")
    file = tmp_path / "study.toml"
    file.write_text("#:schema ./durata.schema.json\n" + original, encoding="utf-8")
    assert du.read_study(file).study == du.read_study(du.example("stanford")).study
