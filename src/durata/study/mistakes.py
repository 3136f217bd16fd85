"""Everything a parsed study file gets wrong, each mistake with its keys, in plain words."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from durata.language.speaking import speak
from durata.study.near import advice, listed, shortened
from durata.study.references import dangling
from durata.study.types import Study

Keys = tuple[str | int, ...]
UNION_BRANCHES = {"int_type", "string_type", "int_from_float"}
LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: the keys at which it stands (``of_key`` when the key itself is wrong), what it is, what to do."""

    keys: Keys
    what: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""
    of_key: bool = False


def mistakes(declared: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Every mistake of a declaration given as nested dictionaries; empty when it is a Study."""
    found: dict[Keys, Mistake] = {}
    names = tuple(
        Mistake(one.keys, "{said}.", {"said": one.message, **one.evidence}, one.remedy, one.of_key)
        for one in dangling(declared)
    )
    taken = {one.keys for one in names}
    try:
        Study.model_validate(declared, by_alias=True, by_name=False)
    except ValidationError as error:
        for keys, errors in _by_keys(error.errors(include_url=False), declared).items():
            # what Study itself says of the whole is what dangling() said of its parts
            if keys not in taken and (keys or not names):
                found[keys] = _mistake(keys, errors, declared)
    return (*names, *found.values())


def mistakes_in(declared: Mapping[str, Any], table: type[BaseModel]) -> tuple[Mistake, ...]:
    """Every mistake of types and keys in a declaration of another kind of file."""
    try:
        table.model_validate(declared, by_alias=True, by_name=False)
    except ValidationError as error:
        grouped = _by_keys(error.errors(include_url=False), declared)
        return tuple(_mistake(keys, errors, declared, table) for keys, errors in grouped.items())
    return ()


def _by_keys(errors: Iterable[ErrorDetails], declared: Mapping[str, Any]) -> dict[Keys, list[ErrorDetails]]:
    """Errors by the keys where they stand; the branches of a union fall together on the value they all refuse."""
    grouped: dict[Keys, list[ErrorDetails]] = {}
    for error in errors:
        keys = _written(error["loc"], declared)
        if error["type"] == "missing":
            keys = error["loc"]
        grouped.setdefault(keys, []).append(error)
    # a list that is too short only because its items were refused is no mistake of its own
    return {
        keys: ones
        for keys, ones in grouped.items()
        if ones[0]["type"] != "too_short" or not any(keys == other[: len(keys)] != other for other in grouped)
    }


def _written(keys: Keys, declared: object) -> Keys:
    """The part of ``keys`` that is written in the file."""
    here = declared
    for k, key in enumerate(keys):
        known = here if isinstance(here, Mapping) else range(len(here)) if isinstance(here, list | tuple) else ()
        if key not in known:
            return keys[:k]
        here = here[key]  # type: ignore[index]
    return keys


def _mistake(
    keys: Keys, errors: Sequence[ErrorDetails], declared: Mapping[str, Any], table: type[BaseModel] = Study
) -> Mistake:
    error = errors[0]
    kind, context = error["type"], error.get("ctx", {})
    value = _value(keys, declared)
    if kind == "missing":
        what = "this is missing ({about})." if keys else "this is missing."
        about = _description(keys, table)
        return Mistake(keys, what if about else "this is missing.", {"about": about.rstrip(".")}, "", of_key=True)
    if kind == "extra_forbidden":
        known = _known_keys(keys[:-1], table)
        name = str(keys[-1])
        evidence = {"near": advice(name, known, speak("Known here: {names}.", names=listed(known)))}
        return Mistake(keys, "unknown key.", evidence, "{near}", of_key=True)
    if len(errors) > 1 and {one["type"] for one in errors} <= UNION_BRANCHES:
        what = "must be a whole number or a text in quotes; it is {value}."
    elif kind == "literal_error":
        expected = str(context.get("expected", ""))
        remedy = (
            advice(value, expected.replace("'", "").replace(" or ", ", ").split(", ")) if isinstance(value, str) else ""
        )
        evidence = {"expected": expected, "value": _shown(value), "near": remedy}
        return Mistake(keys, "must be {expected}; it is {value}.", evidence, "{near}" if remedy else "")
    else:
        what = _words(kind)
    evidence = {"value": _shown(value), "said": _said(error), **{key: _shown(one) for key, one in context.items()}}
    return Mistake(keys, what, evidence, of_key=bool(error["loc"]) and error["loc"][-1] == "[key]")


def _words(kind: str) -> str:
    """What an error of this kind means, to be filled from the error's own context."""
    if kind in _WORDS:
        return _WORDS[kind]
    for ending, words in (("_type", "must be {wanted}"), ("_parsing", "must be {wanted}")):
        if kind.endswith(ending) and kind.removesuffix(ending) in _WANTED:
            return words.format(wanted=_WANTED[kind.removesuffix(ending)]) + "; it is {value}."
    return "{said}."


_WANTED = {
    "string": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "date": "a date without quotes, such as 2024-12-31",
    "tuple": "a list in [ ]",
    "dict": "a table",
    "model": "a table",
}
_WORDS = {
    "date_from_datetime_parsing": "must be a date without quotes, such as 2024-12-31; it is {value}.",
    "int_from_float": "must be a whole number; it is {value}.",
    "finite_number": "must be a finite number.",
    "greater_than": "must be greater than {gt}; it is {value}.",
    "greater_than_equal": "must be at least {ge}; it is {value}.",
    "less_than": "must be less than {lt}; it is {value}.",
    "less_than_equal": "must be at most {le}; it is {value}.",
    "too_short": "needs at least {min_length}; it has {actual_length}.",
    "too_long": "takes at most {max_length}; it has {actual_length}.",
    "string_too_short": "must not be empty.",
    "string_too_long": "must not be longer than {max_length} characters.",
    "string_pattern_mismatch": "must not be blank.",
    "value_error": "{said}.",
}


def _said(error: ErrorDetails) -> str:
    """What the type itself said, without its preamble and full stop."""
    reason = error.get("ctx", {}).get("error")
    words = str(reason) if reason is not None else error["msg"][:1].lower() + error["msg"][1:]
    return words.rstrip(".")


def _shown(value: object) -> str:
    """A value as it might stand in the file, cut to a line."""
    if isinstance(value, Mapping):
        return speak("a table")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return speak("a list")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    try:
        return repr(shortened(value)) if isinstance(value, str) else shortened(str(value))
    except ValueError:  # an integer of thousands of digits
        return speak("a very long number")


def _value(keys: Keys, declared: object) -> Any:
    here: Any = declared
    for key in keys:
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            return None
    return here


def _known_keys(keys: Keys, root: type[BaseModel]) -> list[str]:
    """The keys that the table at ``keys`` may have."""
    table = _type_at(keys, root)
    if not _is_table(table):
        return []
    return [field.alias or name for name, field in table.model_fields.items()]


def _description(keys: Keys, root: type[BaseModel]) -> str:
    table = _type_at(keys[:-1], root)
    if _is_table(table):
        for name, one in table.model_fields.items():
            if (one.alias or name) == keys[-1]:
                inner = _inside(one.annotation)
                return one.description or ((inner.__doc__ or "").split("\n")[0] if _is_table(inner) else "")
    return ""


def _type_at(keys: Keys, root: type[BaseModel]) -> Any:
    """The declared type of what stands at ``keys``."""
    here: Any = root
    for key in keys:
        if _is_table(here):
            fields = {one.alias or name: one.annotation for name, one in here.model_fields.items()}
            here = _unwrapped(fields.get(str(key)))
        else:
            here = _inside(here)
    return here


def _is_table(kind: Any) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _unwrapped(annotation: Any) -> Any:
    """An annotation without Annotated and without None."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return _unwrapped(next(one for one in typing.get_args(annotation) if one is not type(None)))
    return annotation


def _inside(annotation: Any) -> Any:
    """What a list or a table of any names holds; a table itself."""
    annotation = _unwrapped(annotation)
    if _is_table(annotation):
        return annotation
    inner = [one for one in typing.get_args(annotation) if one is not Ellipsis]
    return _unwrapped(inner[-1]) if inner else None
