"""Outcomes proposed from what was recognised: event dates with a last contact, or a status with a date or a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durata.drafting.covariates import numbers_of, unit_of
from durata.drafting.headers import bare
from durata.drafting.proposal import Key, Section, Value
from durata.drafting.recognise import Match, Recognised
from durata.language.speaking import speak
from durata.records.tables import Table
from durata.records.units import kind_of_unit, unit_named

YES = frozenset({"yes", "y", "true", "是", "有", "发生"})
NO = frozenset({"no", "n", "false", "否", "无", "没有", "未", "未发生"})
LOST = frozenset({"lost", "lost to follow-up", "lost to follow up", "失访"})
ASKS_FOR_EVENT = (
    "死",
    "复发",
    "进展",
    "转移",
    "事件",
    "dead",
    "death",
    "died",
    "deceased",
    "event",
    "recur",
    "relapse",
    "progress",
)
MOST_MONTHS = 400  # a longer follow-up is told in days


@dataclass(frozen=True)
class Outcomes:
    """The tables of outcomes, what is lacking for one, what to look at, and the columns that were used."""

    sections: tuple[Section, ...]
    lacks: tuple[str, ...]
    look: tuple[str, ...]
    used: frozenset[str]  # items

    @property
    def names(self) -> tuple[str, ...]:
        """The outcomes that stand, by name."""
        return tuple(section.heading[1] for section in self.sections if not section.off)


@dataclass(frozen=True)
class Codes:
    """Which values of a status mean the event, which mean none; ``look`` when a convention was taken for granted."""

    event: tuple[Value, ...]
    none: tuple[Value, ...]
    look: bool = False


def outcomes(found: Recognised, table: Table) -> Outcomes:
    """Outcomes for recurrence, progression and death, as far as the columns reach."""
    death, last = found.role("death"), found.role("last contact")
    sections: list[Section] = []
    look: list[str] = []
    lacks: list[str] = []
    used: set[str] = set()
    open_codes: list[str] = []
    kinds = (
        ("rfs", "recurrence", speak("Recurrence or death"), speak("Recurrence")),
        ("pfs", "progression", speak("Progression or death"), speak("Progression")),
        ("os", "death", speak("Death"), speak("Death")),
    )
    for name, role, both, alone in kinds:
        event = found.role(role)
        if event is not None and last is not None:
            events = [event] if role == "death" or death is None else [event, death]
            label = both if len(events) > 1 else alone
            sections.append(_by_dates(name, label, events, last))
            used |= {one.item.name for one in (*events, last)}
            continue
        status, time = found.role(f"{role} status"), found.role(f"{role} time")
        when = time if time is not None and (last is None or role != "death") else last if role == "death" else None
        if status is None or when is None:
            continue
        codes = codes_of(status)
        if codes is None:
            open_codes.append(status.column.shown)
            continue
        sections.append(_by_status(name, alone, status, when, codes, table))
        used |= {status.item.name, when.item.name}
        if codes.look:
            said = speak("{header}: is {code} the event?", header=status.column.shown, code=_listed(codes.event))
            look.append(said)
        if when.item.kind == "time":
            look.append(speak("{header}: is this time counted from the start of treatment?", header=when.column.shown))
    if not sections:
        lacks.append(_lacking(found, open_codes))
        sections.append(_empty(found))
    return Outcomes(tuple(sections), tuple(lacks), tuple(look), frozenset(used))


def _by_dates(name: str, label: str, events: Sequence[Match], last: Match) -> Section:
    said = tuple(dict.fromkeys(one.reason for one in (*events, last)))
    keys = (
        Key("label", label),
        Key("event", tuple(one.column.name for one in events)),
        Key("censor", last.column.name),
    )
    return Section(("outcomes", name), keys, said)


def _by_status(name: str, label: str, status: Match, when: Match, codes: Codes, table: Table) -> Section:
    keys = [Key("label", label)]
    said = [status.reason, when.reason]
    if when.item.kind == "time":
        keys += [Key("time", when.column.name), Key("unit", time_unit(when, table))]
        said.append(
            speak(
                "The time has to be counted from time zero of [time]: the start of treatment unless declared otherwise."
            )
        )
    else:
        keys.append(Key("date", when.column.name))
    keys += [Key("status", status.column.name), Key("event_codes", codes.event)]
    if codes.none:
        keys.append(Key("censor_codes", codes.none))
    if codes.look:
        said.append(speak("1 was taken for the event and 0 for none, as is usual; check it."))
    return Section(("outcomes", name), tuple(keys), tuple(said))


def time_unit(when: Match, table: Table) -> str:
    """The unit of a time column: what its header says, else days if it reaches beyond hundreds of months."""
    unit = unit_named(unit_of(when.item, when.column, table)[0])
    named = bare(when.column.name)
    if "day" in named or "天" in named:
        return "days"
    if kind_of_unit(unit) == "time" and unit != "months":
        return unit
    numbers = numbers_of(table, when.column, "")
    known = numbers[numbers == numbers]
    written = "month" in named or "月" in named
    return "days" if known.size and float(known.max()) > MOST_MONTHS and not written else "months"


def codes_of(status: Match) -> Codes | None:
    """What the values of a status column mean; None when only a person can say (codes such as 1 and 2, unknown words)."""
    values = status.column.content.values
    event: list[Value] = []
    none: list[Value] = []
    asked = any(word in bare(status.column.name) for word in ASKS_FOR_EVENT)
    look = False
    if not values:
        return None
    for value in values:
        level = status.item.level_of(value)
        text = value.casefold()
        if level is not None:
            (event if level.name == "event" else none).append(value)
        elif text in LOST:
            none.append(value)
            look = True
        elif text in ("0", "1") and set(values) <= {"0", "1"}:
            (event if text == "1" else none).append(int(text))
            look = look or not asked
        elif text in YES | NO and asked:
            (event if text in YES else none).append(value)
        else:
            return None
    return Codes(tuple(event), tuple(none), look) if event else None


def _listed(codes: Sequence[Value]) -> str:
    return ", ".join(map(str, codes))


def _lacking(found: Recognised, open_codes: Sequence[str]) -> str:
    if open_codes:
        return speak(
            "say under [outcomes.os] which values of {header} mean the event (event_codes); durata does not guess it",
            header=", ".join(open_codes),
        )
    if found.role("last contact") is None and any(found.role(role) for role in ("death", "recurrence", "progression")):
        return speak("no date of last contact was recognised: name the column under [outcomes.os] censor")
    return speak(
        "no outcome was recognised: name the columns with the date of death or recurrence and with the date of last "
        "contact under [outcomes.os], or a status and a time"
    )


def _empty(found: Recognised) -> Section:
    """The table of an outcome to be completed, with what is known of it."""
    death, last, status = found.role("death"), found.role("last contact"), found.role("death status")
    time = found.role("death time")
    keys = [Key("label", speak("Death"))]
    if status is not None and death is None and (last or time):
        when = last or time
        assert when is not None
        kind = "date" if last is not None else "time"
        keys += [Key(kind, when.column.name), Key("status", status.column.name), Key("event_codes", None)]
    else:
        event = death or found.role("recurrence") or found.role("progression")
        keys.append(Key("event", None if event is None else (event.column.name,)))
        keys.append(Key("censor", None if last is None else last.column.name))
    return Section(("outcomes", "os"), tuple(keys))
