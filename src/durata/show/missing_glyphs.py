"""Characters of the study or its data that no font of durata's can draw: a finding that says where, never a box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from durata.finding import Finding, Severity, Where
from durata.records.records import Records
from durata.show.fonts.bundled import bundled_characters
from durata.show.number_style import items
from durata.study.types import Study

LATIN = 0x180  # every font here holds the letters below


def missing_glyphs(study: Study, records: Records) -> tuple[Finding, ...]:
    """One note a place: a value or a name in the study file, or the levels of a category in the data."""
    found: dict[str, tuple[str, Where | None]] = {}
    for key, text in _written(study.model_dump(), ""):
        missing = _missing(text)
        if missing:
            found.setdefault(key, (missing, study.place(key)))
    for name, category in records.categories.items():
        missing = _missing("".join(category.levels))
        if missing and f"covariates.{name}" not in found:
            header = records.columns[name].header if name in records.columns else name
            found[f"covariates.{name}"] = (
                missing,
                Where(records.source.file, sheet=records.source.sheet, column=header),
            )
    return tuple(
        Finding(
            "N60",
            Severity.INFO,
            "{key}: the fonts of durata cannot draw {characters}. Figures print the code point in its place; the text of "
            "the report is left to the reader's own fonts.",
            {"key": key, "characters": items(f"{one} (U+{ord(one):04X})" for one in missing)},
            remedy="Write another character in [data.values] or in the label where the figure has to show it.",
            where=where,
        )
        for key, (missing, where) in found.items()
    )


def _written(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Every text of the declaration with its dotted key; the names that people give to things are texts as well."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            inside = f"{key}.{name}" if key else str(name)
            yield inside, str(name)
            yield from _written(inner, inside)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _written(inner, key)


def _missing(text: str) -> str:
    """The characters of a text without a glyph, each once."""
    if text.isascii():
        return ""
    rare = "".join(one for one in text if ord(one) >= LATIN and ord(one) not in bundled_characters())
    if not rare:
        return ""
    from durata.show.figures.style import without_glyph  # the plotting library is asked for rare characters only

    return without_glyph(rare)
