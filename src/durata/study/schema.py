"""The JSON schema of a study file, so that an editor completes and explains every key."""

from __future__ import annotations

from typing import Any

from durata.study.types import Study

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE_NAME = "durata.schema.json"


def study_schema() -> dict[str, Any]:
    """The JSON schema of a study file, descriptions included.

    Write it beside the study file as ``durata.schema.json`` and begin the study file with the line
    ``#:schema ./durata.schema.json``: editors with a TOML language server then complete and check its keys.

    Examples
    --------
    >>> import durata as du
    >>> du.study_schema()["properties"]["horizons"]["description"]
    '[horizons]: times at which survival is read off the curves.'
    """
    schema = Study.model_json_schema(by_alias=True)
    tables = schema.get("$defs", {})
    for key in schema["properties"].values():
        if "$ref" in key and "description" not in key:  # a reference hides the description of what it leads to
            key["description"] = tables[key["$ref"].rpartition("/")[2]].get("description", "")
    schema["title"] = "durata study file"
    return {"$schema": DIALECT, **schema}
