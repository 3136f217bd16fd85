"""The treatment proposed from what was recognised: its first and last day, and duration groups as a question to the person."""

from __future__ import annotations

from dataclasses import dataclass

from durata.drafting.durations import Groups, days_of, groups_for
from durata.drafting.proposal import Key, Section
from durata.drafting.recognise import Match, Recognised
from durata.language.speaking import speak
from durata.records.days import DayRules
from durata.records.tables import Table


@dataclass(frozen=True)
class Treatment:
    """The table [treatment], what is lacking for it, what to look at, and the columns that could have ended it instead."""

    section: Section
    groups: Groups | None
    lacks: tuple[str, ...]
    look: tuple[str, ...]
    unused: tuple[Match, ...]
    used: tuple[Match, ...] = ()


def treatment(found: Recognised, table: Table, rules: DayRules) -> Treatment:
    """[treatment] as far as it was recognised."""
    start = found.role("start")
    ends = [one for one in found.matches.values() if one.item.role == "end"]
    end = ends[0] if ends else None
    groups = Groups("months", (6, 12))
    lacks: list[str] = []
    look: list[str] = []
    if start is None:
        lacks.append(
            _without(
                found,
                speak("no date of the start of treatment was recognised: name the column under [treatment] start"),
            )
        )
    if end is None:
        lacks.append(
            _without(
                found,
                speak(
                    "no date of the end of treatment (surgery, last dose) was recognised: name the column under [treatment] end"
                ),
            )
        )
    made: Groups | None = groups
    if start is not None and end is not None:
        made = groups_for(days_of(table, end.column, rules) - days_of(table, start.column, rules))
        if made is None:
            lacks.append(speak("no duration groups could be made from the dates: write them under [treatment] groups"))
        else:
            look.append(_where_from(made))
    if end is not None and len(ends) > 1:
        others = ", ".join(one.column.shown for one in ends[1:])
        said = "{header} was taken for the end of treatment; it could also be {others}"
        look.append(speak(said, header=end.column.shown, others=others))
    keys = [
        Key("name", speak("treatment"), (speak("Write what was given."),)),
        _day("start", start, ()),
        *([] if start is None else [Key("start_name", start.item.label)]),
        _day("end", end, ends[1:]),
        *([] if end is None else [Key("end_name", end.item.label)]),
    ]
    if made is None:
        keys.append(Key("groups", None))
    else:
        keys += [
            Key("unit", made.unit),
            Key("cut_source", "data" if made.from_data else "prespecified", (_where_from(made),)),
        ]
        keys.append(Key("groups", made.named()))
    return Treatment(
        Section(("treatment",), tuple(keys)),
        made,
        tuple(lacks),
        tuple(look),
        tuple(ends[1:]),
        tuple(one for one in (start, end) if one),
    )


def _day(key: str, match: Match | None, instead: list[Match] | tuple[Match, ...]) -> Key:
    if match is None:
        return Key(key, None)
    said = [match.reason]
    others = [*match.others, *(one.column.shown for one in instead)]
    if others:
        said.append(speak("Could also be {others}; choose.", others=", ".join(others)))
    return Key(key, match.column.name, tuple(said))


def _where_from(groups: Groups) -> str:
    if groups.from_data:
        return speak(
            "the duration groups are rounded thirds (or halves) of the durations in this file; cut-points should be fixed "
            "before anybody looks at the outcomes"
        )
    return speak(
        'the duration groups (6 and 12 months) are a proposal; keep cut_source = "prespecified" only if the cut-points were '
        'fixed before anybody looked at the outcomes, else write "guideline" or "data"'
    )


def _without(found: Recognised, words: str) -> str:
    """What is lacking, with the columns of dates that were not recognised and could be it."""
    dates = [column.shown for column, _ in found.left if column.content.looks_like() == "date"]
    duration = found.role("duration")
    if dates:
        words = speak(
            "{words} (columns of dates that were not recognised: {dates})", words=words, dates=", ".join(dates)
        )
    if duration is not None:
        words = speak(
            "{words}; a column of durations ({header}) is not enough", words=words, header=duration.column.shown
        )
    return words
