"""A Table becomes a Proposal: what was recognised, put together as a study file that a person only has to correct."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from durata.drafting.covariates import Covariate, covariate
from durata.drafting.durations import Groups, days_of
from durata.drafting.outcomes import Outcomes, outcomes
from durata.drafting.proposal import Key, Proposal, Section, Value
from durata.drafting.recognise import Column, Match, Recognised, recognise
from durata.drafting.treatment import treatment
from durata.kernels.arrays import FloatArray
from durata.language.speaking import ENGLISH, speak, spoken
from durata.records.days import DayRules
from durata.records.tables import Table
from durata.study.data_table import DateOrder

CHINESE = re.compile(r"[\u4e00-\u9fff]")
HORIZONS = (12, 36, 60)  # months


def language_of(header: Sequence[str]) -> str:
    """Chinese when most column names hold a Chinese character, English otherwise.

    >>> language_of(["性别", "年龄", "ID"]), language_of(["sex", "age"])
    ('zh', 'en')
    """
    named = [name for name in header if name]
    chinese = sum(CHINESE.search(name) is not None for name in named)
    return "zh" if 2 * chinese > len(named) else ENGLISH


def propose(table: Table, file: str, sheet: str | None = None) -> Proposal:
    """The draft for a patient file, in the language spoken.

    ``file`` is what the study file calls it; ``sheet`` is the worksheet if it has to be named.
    """
    found = recognise(table)
    order, both_ways = _date_order(found)
    rules = DayRules(order)
    treated = treatment(found, table, rules)
    ended = outcomes(found, table)
    parts = ("", "response", "surgery", "pathology", "adjuvant", "follow-up")
    told = sorted(filter(_is_covariate, found.matches.values()), key=lambda one: parts.index(one.item.part))
    covariates = [covariate(one, table) for one in told]
    lacks = [*_lacking_identifier(found), *treated.lacks, *([both_ways] if both_ways else []), *ended.lacks]
    needed = {"patient_id", *ended.used, *(one.match.item.name for one in covariates)}
    needed |= {one.item.name for one in treated.used}
    used = [one for one in found.matches.values() if one.item.name in needed]
    partial = sum(one.column.content.partial for one in used if one.item.kind == "date")
    sections = (
        _study(file, treated.groups),
        *_data(table, found, file, sheet, order, used, covariates, partial, certain=not both_ways),
        treated.section,
        *ended.sections,
        *(one.section for one in covariates),
        *_paper(covariates),
        *_models(ended, covariates),
        *_horizons(found, table, rules, treated.groups),
        *_left(found, ended, treated.unused),
    )
    doubtful = [
        speak("{reason}. Could also be {others}; choose.", reason=one.reason, others=", ".join(one.others))
        if one.others
        else one.reason
        for one in used
        if not one.sure
    ]
    look = [*doubtful, *treated.look, *ended.look, *(one.look for one in covariates if one.look)]
    if partial:
        look.append(speak("{n} date(s) have no day: say by [data] partial_dates what becomes of them", n=partial))
    kept = tuple(one.reason for one in found.matches.values())
    left = tuple(speak("{header}: {reason}", header=column.shown, reason=reason) for column, reason in found.left)
    hidden = tuple(_hidden(column) for column in found.personal)
    return Proposal(file, spoken(), sections, tuple(lacks), tuple(look), kept, (*hidden, *left))


def _is_covariate(match: Match) -> bool:
    content = match.column.content
    return match.item.kind in ("number", "category") and bool(content.filled or not content.n)


def _date_order(found: Recognised) -> tuple[DateOrder, str]:
    """The order of day and month in dates that end with the year, and what is said when it cannot be told."""
    totals: dict[DateOrder, int] = {"ymd": 0, "dmy": 0, "mdy": 0}
    for one in found.matches.values():
        if one.item.kind == "date":
            for order, n in one.column.content.dates.items():
                totals[order] += n
    if max(totals.values()) == totals["ymd"]:
        return "ymd", ""
    if totals["dmy"] == totals["mdy"]:
        said = 'dates such as 3/4/2020 can be read two ways: write date_order = "dmy" or "mdy" under [data]'
        return "dmy", speak(said)
    return ("dmy" if totals["dmy"] > totals["mdy"] else "mdy"), ""


def _lacking_identifier(found: Recognised) -> list[str]:
    if "patient_id" in found.matches:
        return []
    return [speak("no column that identifies the patient was recognised: name it under [data] id")]


def _study(file: str, groups: Groups | None) -> Section:
    unit = "days" if groups is not None and groups.unit == "days" else "months"
    title = Key("title", speak("Duration of treatment and outcome"), (speak("Write the title of your study."),))
    return Section(("study",), (title, Key("language", spoken()), Key("time_unit", unit)))


def _data(
    table: Table,
    found: Recognised,
    file: str,
    sheet: str | None,
    order: DateOrder,
    used: Sequence[Match],
    covariates: Sequence[Covariate],
    partial: int,
    *,
    certain: bool,
) -> list[Section]:
    identifier = found.matches.get("patient_id")
    keys = [Key("file", file)]
    keys += [Key("sheet", sheet)] if sheet is not None else []
    keys += [Key("encoding", "gb18030")] if table.encoding == "gb18030" else []
    if identifier is None:
        keys.append(Key("id", None))
    else:
        keys.append(Key("id", identifier.column.name, (identifier.reason,)))
    unknown = sorted({text for one in used for text in one.column.content.unknown} - {"NA"})
    if unknown:
        said = speak("These texts were taken to mean not known.")
        keys.append(Key("missing", ("", "NA", *unknown), (said,)))
    if order != "ymd":
        said = speak("Dates end with the year; the day or the month that comes first was told from numbers above 12.")
        keys.append(Key("date_order", order, (said,)) if certain else Key("date_order", None))
    sections = [Section(("data",), tuple(keys))]
    if partial:
        said = speak(
            "{n} date(s) have no day: first, middle or last day of the month, or correct them in the file.", n=partial
        )
        sections[0] = Section(("data",), (*keys, Key("partial_dates", None, (said,))))
    none = {
        one.column.name: tuple(sorted(one.column.content.none))
        for one in used
        if one.item.kind == "date" and one.column.content.none
    }
    if none:
        said = speak("In these columns of dates the texts mean that there was no such day.")
        sections.append(Section(("data", "missing_in"), tuple(Key(k, v) for k, v in none.items()), (said,)))
    for one in covariates:
        if one.values:
            said = speak("Different spellings of one level.")
            heading = ("data", "values", one.match.column.name)
            sections.append(Section(heading, tuple(Key(old, new) for old, new in one.values), (said,)))
    return sections


def _paper(covariates: Sequence[Covariate]) -> list[Section]:
    """What a paper reports beside outcomes: the response rate, the diameter before and after."""
    by_role = {one.match.item.role: one for one in covariates if one.match.item.role}
    sections = []
    response = by_role.get("imaging response")
    if response is not None and response.levels:
        success = tuple(
            level
            for level in response.levels
            if (meant := response.match.item.level_of(level)) and meant.name in ("CR", "PR")
        )
        if success:
            keys: list[Key] = [Key("label", speak("Objective response")), Key("covariate", response.match.column.name)]
            sections.append(Section(("responses", "imaging"), (*keys, Key("success", success))))
    before, after = by_role.get("size before"), by_role.get("size after")
    if before is not None and after is not None and before.unit == after.unit:
        keys = [Key("label", speak("Largest diameter")), Key("before", before.match.column.name)]
        keys += [Key("after", after.match.column.name), *([Key("unit", before.unit)] if before.unit else [])]
        sections.append(Section(("measurements", "diameter"), tuple(keys)))
    return sections


def _models(ended: Outcomes, covariates: Sequence[Covariate]) -> list[Section]:
    """A model for every outcome, to be switched on: which covariates belong into it is the person's decision."""
    baseline: tuple[Value, ...] = tuple(
        one.match.column.name for one in covariates if one.match.item.timing == "baseline"
    )
    if not baseline:
        return []
    said = speak(
        "A model beside the groups: take away the # and keep the covariates that were chosen beforehand (ten events for each)."
    )
    return [
        Section(("models", name), (Key("adjust", baseline),), (said,) if k == 0 else (), off=True)
        for k, name in enumerate(ended.names)
    ]


def _horizons(found: Recognised, table: Table, rules: DayRules, groups: Groups | None) -> list[Section]:
    """Times at which survival is read off: those that a quarter of the patients were followed up to."""
    start, last = found.role("start"), found.role("last contact")
    if start is None or last is None or (groups is not None and groups.unit != "months"):
        return []
    followed = _months(days_of(table, last.column, rules) - days_of(table, start.column, rules))
    known = followed[np.isfinite(followed)]
    times: tuple[Value, ...] = tuple(time for time in HORIZONS if known.size and np.mean(known >= time) >= 0.25)
    return [Section(("horizons",), (Key("at", times),))] if times else []


def _months(days: FloatArray) -> FloatArray:
    return days / 30.4375


def _left(found: Recognised, ended: Outcomes, unused: Iterable[Match]) -> list[Section]:
    """Columns that are not in the study file, each as a comment that can be switched on."""
    sections = [Section((), (), (speak("Columns that were not used:"),))]
    sections += [Section((), (), (_hidden(column),)) for column in found.personal]
    idle = [
        one
        for one in found.matches.values()
        if one.item.kind in ("date", "status", "time")
        and one.item.name not in ended.used
        and one.item.role not in ("start", "end")
    ]
    for one in (*unused, *idle):
        said = speak('{header} is "{item}"; the draft has no need of it.', header=one.column.shown, item=one.item.label)
        sections.append(Section((), (), (said,)))
    for one in found.matches.values():
        if one.item.kind in ("number", "category") and not _is_covariate(one):
            said = speak(
                '{header} is "{item}", and no cell of it is filled.', header=one.column.shown, item=one.item.label
            )
            sections.append(Section((), (), (said,)))
    sections += [_switched_off(column, reason) for column, reason in found.left]
    return sections if len(sections) > 1 else []


def _hidden(column: Column) -> str:
    return speak("{header} identifies people: it is not read, and belongs in no file of a study.", header=column.shown)


def _switched_off(column: Column, reason: str) -> Section:
    said = (speak("not recognised: {header}: {reason}", header=column.shown, reason=reason),)
    kind = column.content.looks_like()
    if kind not in ("number", "category") or not column.name or column.shown.strip('"') != column.name:
        return Section((), (), said)
    keys = (Key("label", column.name), Key("type", kind), Key("timing", "baseline"))
    return Section(("covariates", column.name), keys, said, off=True)
