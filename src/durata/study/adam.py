"""Outcomes that are rows of a CDISC ADaM file: the columns they become, and what must be declared with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from durata.language.speaking import speak
from durata.study.nowhere import Dangling, table, tables

EVENT, CENSORED = 0, 1  # CNSR 0 is the event; every kind of censoring is read as 1


def with_adtte_columns(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of an outcome, its ``paramcd`` spelled out as a time, a status and their codes.

    Raises ValueError when something else says how the outcome is recorded, or when the unit of its times is not declared.

    >>> with_adtte_columns({"paramcd": "OS", "unit": "days"})["time"]
    'AVAL (OS)'
    """
    parameter = declared.get("paramcd")
    if not isinstance(parameter, str):
        return dict(declared)
    columns: dict[str, Any] = {
        "time": f"AVAL ({parameter})",
        "status": f"CNSR ({parameter})",
        "event_codes": (EVENT,),
        "censor_codes": (CENSORED,),
    }
    for key in ("event", "censor", "date", *columns):
        said = declared.get(key)
        if said is not None and (tuple(said) if isinstance(said, list) else said) != columns.get(key):
            raise ValueError(speak("'paramcd' says how the outcome is recorded; leave out {key!r}", key=key))
    if "unit" not in declared:
        raise ValueError(speak("'paramcd' needs 'unit': the unit in which AVAL counts the time"))
    return {**declared, **columns}


def adam_outcomes(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    """Outcomes with a ``paramcd`` where no ADTTE file is declared, and such a file of which no outcome is made."""
    named = [name for name, outcome in tables(declared, "outcomes") if outcome.get("paramcd") is not None]
    file = table(declared, "data").get("adtte")
    if file is None:
        for name in named:
            remedy = 'Name it under [data] (adtte = "adtte.xpt").'
            yield Dangling(("outcomes", name, "paramcd"), "'paramcd' needs a time-to-event file", {}, remedy)
    elif not named:
        remedy = 'Give an outcome a PARAMCD of the file (paramcd = "OS").'
        yield Dangling(("data", "adtte"), "no outcome is made of the time-to-event file", {}, remedy)
