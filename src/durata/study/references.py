"""Names in a study file that must lead somewhere: outcomes, covariates, groups, levels, columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from durata.study.near import advice, listed

RESERVED_COVARIATES = ("group",)


@dataclass(frozen=True, slots=True)
class Dangling:
    """A name that leads nowhere: the keys at which it stands, what is wrong, and what to do."""

    keys: tuple[str | int, ...]
    what: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""

    @property
    def message(self) -> str:
        """What is wrong, with its names filled in."""
        return self.what.format_map(dict(self.evidence))


def dangling(declared: Mapping[str, Any]) -> tuple[Dangling, ...]:
    """Every name of a study file, given as nested dictionaries, that leads nowhere.

    Works on a declaration that is wrong in other ways too (parts that are not what they should be are passed
    over), so that the person who wrote it learns everything at once.
    """
    return (
        *_models(declared),
        *_eligibility(declared),
        *_treatment(declared),
        *_covariates(declared),
        *_data(declared),
        *_codes(declared),
    )


def _models(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    outcomes, covariates = _table(declared, "outcomes"), _table(declared, "covariates")
    for name, model in _tables(declared, "models"):
        if name not in outcomes:
            yield _nowhere(("models", name), "outcome", name, outcomes)
        adjust, strata = _texts(model, "adjust"), _texts(model, "strata")
        for key, chosen in (("adjust", adjust), ("strata", strata)):
            seen: set[str] = set()
            for k, covariate in chosen:
                keys = ("models", name, key, k)
                if covariate not in covariates:
                    yield _nowhere(keys, "covariate", covariate, covariates)
                    continue
                kind = _kind(covariates[covariate])
                if kind == "date":
                    yield Dangling(keys, "{name!r} is a date, which a model cannot use", {"name": covariate})
                if key == "strata" and kind == "number":
                    yield Dangling(
                        keys,
                        "{name!r} is a number; strata are categories",
                        {"name": covariate},
                        'Declare it with type = "category", or move it to adjust.',
                    )
                if covariate in seen:
                    yield Dangling(keys, "{name!r} is named twice", {"name": covariate})
                seen.add(covariate)
        stratified = {covariate for _, covariate in strata}
        for k, covariate in adjust:
            if covariate in stratified:
                yield Dangling(
                    ("models", name, "adjust", k),
                    "{name!r} is in 'adjust' and in 'strata'",
                    {"name": covariate},
                    "Keep it in one of them.",
                )


def _eligibility(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    covariates = _table(declared, "covariates")
    for name, condition in _tables(declared, "eligibility"):
        covariate = condition.get("covariate")
        if not isinstance(covariate, str):
            continue
        keys = ("eligibility", name, "covariate")
        if covariate not in covariates:
            yield _nowhere(keys, "covariate", covariate, covariates)
            continue
        kind = _kind(covariates[covariate])
        if kind == "date":
            yield Dangling(keys, "{name!r} is a date; a condition needs a number or a category", {"name": covariate})
        for key in ("from", "to"):
            if kind == "category" and key in condition:
                yield Dangling(
                    ("eligibility", name, key),
                    "'{bound}' belongs to numbers, and {name!r} is a category",
                    {"bound": key, "name": covariate},
                    "Use 'is' or 'not'.",
                )
        for key in ("is", "not"):
            for k, level in _labels(condition, key):
                where = ("eligibility", name, key, k)
                if kind == "number" and isinstance(level, str):
                    yield Dangling(where, "{name!r} is a number, not a text", {"name": covariate})
                elif kind == "category":
                    yield from _level(where, level, covariates[covariate])


def _treatment(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    treatment = _table(declared, "treatment")
    groups = treatment.get("groups")
    reference = treatment.get("reference")
    if not isinstance(groups, Sequence) or isinstance(groups, str) or not isinstance(reference, str):
        return
    names = [group["name"] for group in groups if isinstance(group, Mapping) and isinstance(group.get("name"), str)]
    if names and reference not in names:
        yield _nowhere(("treatment", "reference"), "group", reference, names)


def _covariates(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    taken = _columns_by_role(declared)
    for name, covariate in _tables(declared, "covariates"):
        keys = ("covariates", name)
        if name in RESERVED_COVARIATES:
            yield Dangling(keys, "the name {name!r} is kept for the duration groups", {"name": name}, "Rename it.")
        column = covariate.get("column", name)
        for role in taken.get(name, ()):
            if isinstance(column, str) and (column != name or _kind(covariate) != role):
                yield Dangling(
                    keys,
                    "the name {name!r} is also that of the {role} column {name!r}",
                    {"name": name, "role": role},
                    "Give the covariate another name and say where it is with column = {name!r}.",
                )
        reference = covariate.get("reference")
        if isinstance(reference, str | int):
            yield from _level((*keys, "reference"), reference, covariate)


def _data(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    data = _table(declared, "data")
    seen: dict[str, str] = {}
    for header, name in _table(data, "rename").items():
        if isinstance(name, str) and name in seen:
            yield Dangling(
                ("data", "rename", header),
                "two headers are renamed to {name!r}: {first!r} and {header!r}",
                {"name": name, "first": seen[name], "header": header},
            )
        elif isinstance(name, str):
            seen[name] = header
    columns = _columns(declared)
    for column, levels in _tables(data, "values"):
        if column not in columns:
            yield _nowhere(("data", "values", column), "column", column, columns)
            continue
        for covariate in columns[column]:
            for text, level in levels.items():
                if isinstance(level, str | int) and level != "":
                    yield from _level(("data", "values", column, text), level, covariate)


def _codes(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    """One status column, one way of writing each code: 1 and "1.0" would be one code under two names."""
    written: dict[tuple[str, float], str] = {}
    for name, outcome in _tables(declared, "outcomes"):
        status = outcome.get("status")
        for key in ("event_codes", "censor_codes"):
            for k, code in _labels(outcome, key):
                try:
                    number = float(code)
                except (ValueError, OverflowError):
                    continue
                first = written.setdefault((str(status), number), str(code))
                if first != str(code):
                    yield Dangling(
                        ("outcomes", name, key, k),
                        "{code!r} and {first!r} are the same code of {status!r} in two spellings",
                        {"code": str(code), "first": first, "status": str(status)},
                        "Write it the same everywhere.",
                    )


def _columns_by_role(declared: Mapping[str, Any]) -> dict[str, set[str]]:
    """Columns that the treatment and the outcomes read: name -> what they are read as."""
    roles: dict[str, set[str]] = {}
    treatment = _table(declared, "treatment")
    for key in ("start", "end"):
        if isinstance(treatment.get(key), str):
            roles.setdefault(treatment[key], set()).add("date")
    for _, outcome in _tables(declared, "outcomes"):
        for key, role in (("censor", "date"), ("date", "date"), ("time", "number"), ("status", "category")):
            if isinstance(outcome.get(key), str):
                roles.setdefault(outcome[key], set()).add(role)
        for _, column in _texts(outcome, "event"):
            roles.setdefault(column, set()).add("date")
    return roles


def _columns(declared: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Every column the study reads, with the covariates that are read from it."""
    columns: dict[str, list[Mapping[str, Any]]] = {name: [] for name in _columns_by_role(declared)}
    for name, covariate in _tables(declared, "covariates"):
        column = covariate.get("column", name)
        if isinstance(column, str):
            columns.setdefault(column, []).append(covariate)
    return columns


def _level(keys: tuple[str | int, ...], level: str | int, covariate: Mapping[str, Any]) -> Iterator[Dangling]:
    levels = [str(known) for _, known in _labels(covariate, "levels")]
    if levels and _kind(covariate) == "category" and str(level) not in levels:
        yield _nowhere(keys, "level", str(level), levels)


def _nowhere(keys: tuple[str | int, ...], kind: str, name: str, known: Mapping[str, Any] | Sequence[str]) -> Dangling:
    return Dangling(
        keys,
        "there is no {kind} {name!r}",
        {"kind": kind, "name": name, "near": advice(name, known, f"Declared: {listed(known)}.")},
        "{near}",
    )


def _kind(covariate: object) -> str:
    kind = covariate.get("type", "number") if isinstance(covariate, Mapping) else "number"
    return kind if isinstance(kind, str) else "number"


def _table(declared: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = declared.get(key)
    return table if isinstance(table, Mapping) else {}


def _tables(declared: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, table in _table(declared, key).items():
        if isinstance(table, Mapping):
            yield name, table


def _labels(table: Mapping[str, Any], key: str) -> Iterator[tuple[int, str | int]]:
    labels = table.get(key)
    if isinstance(labels, Sequence) and not isinstance(labels, str):
        for k, label in enumerate(labels):
            if isinstance(label, str | int) and not isinstance(label, bool):
                yield k, label


def _texts(table: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    return [(k, label) for k, label in _labels(table, key) if isinstance(label, str)]
