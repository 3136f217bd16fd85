"""A figures file becomes Figures, or a StudyError that carries every mistake in it with line and position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from durata.audit.figures import Figures, FiguresSource
from durata.finding import Finding, Severity, StudyError, Where
from durata.language.speaking import ENGLISH, LANGUAGES, speak, speaking
from durata.study.file import in_file_order, parse_toml
from durata.study.mistakes import Mistake, mistakes_in
from durata.study.near import advice, listed
from durata.study.opening import NotReadable, read_file
from durata.study.positions import positions

LARGEST = 1_000_000


def read_figures(path: str | Path) -> Figures:
    """Read a figures file (TOML): the published numbers of a paper, as they are printed.

    Parameters
    ----------
    path : the figures file; UTF-8, at most 1 MB. Its keys are described in docs/audit.md.

    Returns
    -------
    Figures, frozen.

    Raises
    ------
    StudyError : the file cannot be read (F01), is not TOML (F02), or says what a figures file does not know (F03).

    Examples
    --------
    >>> import durata as du
    >>> figures = du.read_figures(du.example_figures())
    >>> [group.patients for group in figures.groups]
    [50, 87, 34]
    """
    file = Path(path)
    name = file.name or "figures.toml"
    try:
        text = read_file(file, LARGEST).decode("utf-8-sig")
    except NotReadable as reason:
        said = speak("The figures file {reason}.", reason=speak(str(reason)))
        raise StudyError([Finding("F01", Severity.ERROR, "{said}", {"said": said}, where=Where(name))]) from reason
    except UnicodeDecodeError as error:
        what = "The figures file is not UTF-8 text."
        raise StudyError([Finding("F01", Severity.ERROR, what, {}, "Save it as UTF-8.", Where(name))]) from error
    declared = parse_toml(text, name)
    places = positions(text)
    asked = declared.get("language")
    with speaking(asked if isinstance(asked, str) and asked in LANGUAGES else ENGLISH):
        found = mistakes_in(declared, Figures) or tuple(_lost(declared))
        if found:
            raise StudyError(in_file_order(found, name, places))
    figures = Figures.model_validate(declared, by_alias=True, by_name=False)
    return figures.read_from(FiguresSource(name, {keys: place.value for keys, place in places.items()}))


def _lost(declared: Mapping[str, Any]) -> Iterator[Mistake]:
    """Names of groups and outcomes that lead nowhere, and counts that cannot be."""
    groups = [one["name"] for one in declared.get("groups", ())]
    sizes = {one["name"]: one["patients"] for one in declared.get("groups", ())}
    outcomes = list(declared.get("outcomes", {}))
    for k, one in enumerate(groups):
        if one in groups[:k]:
            yield Mistake(("groups", k, "name"), "{name!r} stands twice.", {"name": one})
    for table in ("survival", "tests", "hazard_ratios", "models", "claims", "curves"):
        for k, row in enumerate(declared.get(table, ())):
            for key, known in (("outcome", outcomes), ("group", groups), ("versus", groups)):
                if key in row and row[key] not in known:
                    yield _unknown((table, k, key), row[key], known)
            if row.get("versus", "") == row.get("group"):
                yield Mistake((table, k, "versus"), "a group cannot be compared with itself.")
    drawn = [(row["outcome"], row["group"]) for row in declared.get("curves", ())]
    for k, one in enumerate(drawn):
        if one in drawn[:k]:
            yield Mistake(("curves", k, "group"), "{name!r} stands twice.", {"name": one[1]})
    for name, row in declared.get("outcomes", {}).items():
        yield from (
            _unknown(("outcomes", name, "by_group", g), g, groups) for g in row.get("by_group", {}) if g not in groups
        )
    for k, row in enumerate(declared.get("claims", ())):
        if row["says"] in {"better", "no different", "independent"} and "versus" not in row:
            yield Mistake(("claims", k), "this claim needs the group it compares with: versus.", of_key=True)
    for k, row in enumerate(declared.get("responses", ())):
        for key in ("events", "of", "percent"):
            for group in row.get(key, {}):
                if group not in groups:
                    yield _unknown(("responses", k, key, group), group, groups)
        for group in row.get("percent", {}):
            if group not in row["events"]:
                yield Mistake(("responses", k, "percent", group), "there is no count in events to hold it against.")
        for group, count in row["events"].items():
            size = row.get("of", {}).get(group, sizes.get(group, count))
            if count > size:
                what = "{count} of {size} patients cannot be."
                yield Mistake(("responses", k, "events", group), what, {"count": count, "size": size})


def _unknown(keys: tuple[str | int, ...], name: str, known: list[str]) -> Mistake:
    evidence = {"name": name, "near": advice(name, known, speak("Known here: {names}.", names=listed(known)))}
    return Mistake(keys, "there is no {name!r}.", evidence, "{near}")
