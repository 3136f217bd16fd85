"""Names in a study file that must lead somewhere: outcomes, covariates, groups, levels, columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from durata.study.adam import adam_outcomes
from durata.study.confounders import confounders, versions
from durata.study.emulation import emulation
from durata.study.long_tables import long_tables
from durata.study.missing import auxiliaries
from durata.study.nowhere import (
    Dangling,
    group_names,
    is_derived,
    kind_of,
    labels,
    nowhere,
    table,
    tables,
    texts,
    unknown_level,
)
from durata.study.references_derived import derived_covariates
from durata.study.references_paper import claims, measurements, printed_figures, responses
from durata.study.weights import weights

RESERVED_COVARIATES = ("group",)


def dangling(declared: Mapping[str, Any]) -> tuple[Dangling, ...]:
    """Every name of a study file, given as nested dictionaries, that leads nowhere.

    Works on a declaration that is wrong in other ways too (parts that are not what they should be are passed
    over), so that the person who wrote it learns everything at once.
    """
    return (
        *_models(declared),
        *_conditions(declared, "eligibility"),
        *_conditions(declared, "subgroups"),
        *_conditions(declared, "treatment"),
        *_treatment(declared),
        *_covariates(declared),
        *derived_covariates(declared),
        *responses(declared),
        *measurements(declared),
        *claims(declared),
        *emulation(declared),
        *long_tables(declared),
        *weights(declared),
        *confounders(declared),
        *versions(declared),
        *auxiliaries(declared),
        *printed_figures(declared),
        *_data(declared),
        *adam_outcomes(declared),
        *_codes(declared),
    )


def _models(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    outcomes, covariates = table(declared, "outcomes"), table(declared, "covariates")
    for name, model in tables(declared, "models"):
        if name not in outcomes:
            yield nowhere(("models", name), "outcome", name, outcomes)
        adjust, candidates, strata = (texts(model, key) for key in ("adjust", "candidates", "strata"))
        for key, chosen in (("adjust", adjust), ("candidates", candidates), ("strata", strata)):
            seen: set[str] = set()
            for k, covariate in chosen:
                keys = ("models", name, key, k)
                if covariate not in covariates:
                    yield nowhere(keys, "covariate", covariate, covariates)
                    continue
                kind = kind_of(covariates[covariate])
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
        for key, chosen in (("adjust", adjust), ("candidates", candidates)):
            for k, covariate in chosen:
                if covariate in stratified:
                    yield Dangling(
                        ("models", name, key, k),
                        "{name!r} is in '{key}' and in 'strata'",
                        {"name": covariate, "key": key},
                        "Keep it in one of them.",
                    )


def _conditions(declared: Mapping[str, Any], key_of_all: str) -> Iterator[Dangling]:
    """Conditions of [eligibility], [subgroups] or [treatment]: a covariate, and bounds or levels that it can have."""
    covariates = table(declared, "covariates")
    for name, condition in tables(declared, key_of_all):
        covariate = condition.get("covariate")
        if not isinstance(covariate, str):
            continue
        keys = (key_of_all, name, "covariate")
        if covariate not in covariates:
            yield nowhere(keys, "covariate", covariate, covariates)
            continue
        kind = kind_of(covariates[covariate])
        if kind == "date":
            yield Dangling(keys, "{name!r} is a date; a condition needs a number or a category", {"name": covariate})
        for key in ("from", "to"):
            if kind == "category" and condition.get(key) is not None:
                yield Dangling(
                    (key_of_all, name, key),
                    "'{bound}' belongs to numbers, and {name!r} is a category",
                    {"bound": key, "name": covariate},
                    "Use 'is' or 'not'.",
                )
        for key in ("is", "not"):
            for k, level in labels(condition, key):
                where = (key_of_all, name, key, k)
                if kind == "number" and isinstance(level, str):
                    yield Dangling(where, "{name!r} is a number, not a text", {"name": covariate})
                elif kind == "category":
                    yield from unknown_level(where, level, covariates[covariate])


def _treatment(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    reference, names = table(declared, "treatment").get("reference"), group_names(declared)
    if names and isinstance(reference, str) and reference not in names:
        yield nowhere(("treatment", "reference"), "group", reference, names)


def _covariates(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    taken = _columns_by_role(declared)
    for name, covariate in tables(declared, "covariates"):
        keys = ("covariates", name)
        if name in RESERVED_COVARIATES:
            yield Dangling(keys, "the name {name!r} is kept for the duration groups", {"name": name}, "Rename it.")
        column = covariate.get("column") or name
        derived = is_derived(covariate)
        alike = kind_of(covariate) if column == name and not derived else None
        clash = next((role for role in sorted(taken.get(name, ())) if role != alike), None)
        if isinstance(column, str) and clash is not None:
            yield Dangling(
                keys,
                "the name {name!r} is also that of the {role} column {name!r}",
                {"name": name, "role": clash},
                "Give the covariate another name."
                if derived
                else "Give the covariate another name and say where it is with column = {name!r}.",
            )
        reference = covariate.get("reference")
        if isinstance(reference, str | int):
            yield from unknown_level((*keys, "reference"), reference, covariate)


def _data(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    data = table(declared, "data")
    seen: dict[str, str] = {}
    for header, name in table(data, "rename").items():
        if isinstance(name, str) and name in seen:
            yield Dangling(
                ("data", "rename", header),
                "two headers are renamed to {name!r}: {first!r} and {header!r}",
                {"name": name, "first": seen[name], "header": header},
            )
        elif isinstance(name, str):
            seen[name] = header
    columns = _columns(declared)
    for column, levels in tables(data, "values"):
        if column not in columns:
            yield nowhere(("data", "values", column), "column", column, columns)
            continue
        for covariate in columns[column]:
            for text, level in levels.items():
                if isinstance(level, str | int) and level != "":
                    yield from unknown_level(("data", "values", column, text), level, covariate)


def _codes(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    """One status column, one way of writing each code: 1 and "1.0" would be one code under two names."""
    written: dict[tuple[str, float], str] = {}
    for name, outcome in tables(declared, "outcomes"):
        status = outcome.get("status")
        for key in ("event_codes", "censor_codes", "competing_codes"):
            for k, code in labels(outcome, key):
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
    treatment = table(declared, "treatment")
    for key in ("start", "end", "last_dose"):
        if isinstance(treatment.get(key), str):
            roles.setdefault(treatment[key], set()).add("date")
    for _, outcome in tables(declared, "outcomes"):
        for key, role in (("censor", "date"), ("date", "date"), ("time", "number"), ("status", "category")):
            if isinstance(outcome.get(key), str):
                roles.setdefault(outcome[key], set()).add(role)
        for _, column in (*texts(outcome, "event"), *texts(outcome, "competing")):
            roles.setdefault(column, set()).add("date")
    for _, column in texts(table(declared, "emulation"), "excused_by"):
        roles.setdefault(column, set()).add("date")
    return roles


def _columns(declared: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Every column the study reads, with the covariates that are read from it."""
    columns: dict[str, list[Mapping[str, Any]]] = {name: [] for name in _columns_by_role(declared)}
    for name, covariate in tables(declared, "covariates"):
        column = covariate.get("column") or name
        if isinstance(column, str) and not is_derived(covariate):
            columns.setdefault(column, []).append(covariate)
    return columns
