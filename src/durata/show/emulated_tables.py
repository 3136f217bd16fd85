"""Answers of an emulated trial as tables: flow, effects, diagnostics, balance, sensitivity, durations and the best set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from durata.estimate.result import Summary
from durata.language.speaking import speak
from durata.show.numbers import (
    Cell,
    count,
    fixed,
    interval,
    known,
    number,
    percent,
    percent_interval,
    ratio_interval,
    refused,
)
from durata.show.table import Head, Row, Table

Shown = Callable[[Mapping[str, Any]], Cell]

FLOW = (
    "patients",
    "clones",
    "ended in the window",
    "ended too early",
    "not ended in time",
    "excused",
    "lost",
    "events",
)
POSITIVITY = (
    "chance of following it",
    "smallest chance",
    "share below 2.5 %",
    "effective sample size",
    "largest weight",
)
TOP = "share of the top 5 %"


def flow_table(flow: Summary, *, title: str) -> Table:
    """Patients, clones, and why clones are cut off, by strategy."""
    cells = {(row["term"], row["group"]): row["n"] for row in flow.rows()}
    names = groups_of(flow)
    rows = [Row(speak(term), tuple(Cell(count(cells[term, name])) for name in names)) for term in FLOW]
    return Table(title, speak("Strategy"), tuple(Head(name, "right") for name in names), tuple(rows))


def effects_table(effects: Summary, *, title: str, unit: str, reference: str) -> Table:
    """Survival, restricted mean and their contrasts with the reference, a strategy a column."""
    rows = {(row["term"], row["group"]): row for row in effects.rows()}
    base, names = str(effects.settings["reference"]), groups_of(effects)
    own: tuple[tuple[str, str, Shown], ...] = (
        (speak("Survival (95% CI)"), "survival", _share),
        (speak("Restricted mean, {unit} (95% CI)", unit=unit), "restricted mean", _number),
    )
    against: tuple[tuple[str, str, Shown], ...] = (
        (speak("Survival, difference in percentage points (95% CI)"), "difference of survival", _points),
        (speak("Ratio of risks (95% CI)"), "ratio of risks", _ratio),
        (speak("Restricted mean, difference in {unit} (95% CI)", unit=unit), "difference of restricted means", _number),
    )
    body = [Row(stub, tuple(shown(rows[term, name]) for name in names)) for stub, term, shown in own]
    for stub, term, shown in against:
        cells = tuple(Cell(reference) if name == base else shown(rows[term, name]) for name in names)
        body.append(Row(stub, cells))
    return Table(title, "", tuple(Head(name) for name in names), tuple(body), (effects.method,))


def diagnostics_table(positivity: Summary, weights: Summary, *, title: str, unit: str) -> Table:
    """What each strategy rests on at the end of its window, refused strategies with the reason."""
    cells = {(row["term"], row["group"]): row for row in positivity.rows()}
    held = {(row["group"], row["time"]): row["estimate"] for row in weights.rows() if row["term"] == TOP}
    heads = (
        Head(speak("Judged at, {unit}", unit=unit), "right"),
        *(Head(speak(term), "right") for term in POSITIVITY),
        Head(speak(TOP), "right"),
    )
    body = []
    for name in groups_of(positivity):
        first = cells[POSITIVITY[0], name]
        why = str(first.get("note") or "")
        values: list[Cell] = [Cell(f"{first['time']:g}", why)]
        for term in POSITIVITY:
            value = float(cells[term, name]["estimate"])
            values.append(Cell(percent(value) if POSITIVITY.index(term) < 3 else fixed(value, 1)))
        top = held.get((name, first["time"]))
        values.append(refused(speak("nobody is at risk")) if top is None else Cell(percent(float(top))))
        body.append(Row(name, tuple(values)))
    return Table(title, speak("Strategy"), heads, tuple(body))


def chances_table(grace: Summary, *, title: str, unit: str) -> Table:
    """The chance of ending treatment in each month of a window, a strategy a row group."""
    rows = []
    for name in groups_of(grace):
        mine = [row for row in grace.rows() if row["group"] == name]
        said = speak(", ").join(f"{row['time']:g}: {percent(float(row['estimate']), 0)}" for row in mine)
        rows.append(Row(name, (Cell(said),)))
    head = Head(speak("{unit} of the window: chance", unit=unit), "left", wide=True)
    return Table(title, speak("Strategy"), (head,), tuple(rows))


def balance_table(balance: Summary, labels: Mapping[str, str], *, title: str, unit: str) -> Table:
    """Standardised differences, weighted and not, a covariate a column, under every strategy at its months."""
    rows = balance.rows()
    cells = {(row["term"], row["group"], row["time"], row["method"]): row["std_difference"] for row in rows}
    terms = _told_apart(tuple(dict.fromkeys(row["term"] for row in rows)))
    body = []
    for name in groups_of(balance):
        body.append(Row(name, heading=True))
        for time in dict.fromkeys(row["time"] for row in rows if row["group"] == name):
            values = tuple(
                _both(cells[term, name, time, "weighted"], cells[term, name, time, "unweighted"]) for term in terms
            )
            body.append(Row(speak("at {time:g} {unit}", time=time, unit=unit), values, depth=1))
    note = speak(
        "Standardised difference from everybody still under observation: weighted (in brackets: not weighted)."
    )
    heads = tuple(Head(_labelled(term, labels), "right") for term in terms)
    return Table(title, speak("Strategy"), heads, tuple(body), (note,))


def _told_apart(terms: Sequence[str]) -> tuple[str, ...]:
    """The terms without the first level of a category of two, which says the same as the second."""
    levels: dict[str, list[str]] = {}
    for term in terms:
        levels.setdefault(term.partition(": ")[0], []).append(term)
    return tuple(term for mine in levels.values() for term in (mine[1:] if len(mine) == 2 else mine))


def furthest(balance: Summary) -> float:
    """The largest weighted standardised difference."""
    return max(
        (
            abs(row["std_difference"])
            for row in balance.rows()
            if row["method"] == "weighted" and known(row["std_difference"])
        ),
        default=0.0,
    )


def sensitivity_table(
    truncated: Summary | None, excused: Summary | None, names: Sequence[str], words: Mapping[str, str], *, title: str
) -> Table:
    """Survival at the horizon with truncated weights and under other rules of excuse; point estimates."""
    rows = []
    if truncated is not None:
        cells = {(row["value"], row["group"]): row for row in truncated.rows()}
        for value in dict.fromkeys(row["value"] for row in truncated.rows()):
            stub = speak("weights not truncated") if value == 100 else speak("weights truncated at {p:g}%", p=value)
            rows.append(Row(stub, tuple(_share(cells[value, name]) for name in names)))
    if excused is not None:
        by_rule = {(row["method"], row["group"]): row for row in excused.rows()}
        rules = dict.fromkeys(row["method"] for row in excused.rows())
        rows += [Row(words[rule], tuple(_share(by_rule[rule, name]) for name in names)) for rule in rules]
    return Table(title, speak("Analysis"), tuple(Head(name) for name in names), tuple(rows))


def best_table(best: Summary, *, title: str, selection: str, horizon: str) -> Table:
    """Risk, distance from the best of the others, whether in the set, selection frequency; a window a row."""
    members = set(best.settings["set"])
    heads = (
        Head(speak("Risk at {horizon}", horizon=horizon)),
        Head(speak("Distance from the best other, in SE")),
        Head(speak("Not distinguishable from the best"), "left"),
        Head(selection),
    )
    body = []
    for row in best.rows():
        why = str(row.get("note") or "")
        if row["estimate"] is None:
            body.append(Row(row["group"], (refused(why or speak("not followed so far")),) * 4))
            continue
        distance = row["statistic"]
        body.append(
            Row(
                row["group"],
                (
                    Cell(percent(float(row["estimate"]))),
                    refused(speak("there is no other to compare with"))
                    if distance is None
                    else Cell(fixed(float(distance), 2)),
                    Cell(speak("yes") if row["group"] in members else speak("no")),
                    refused(speak("there is no other to compare with"))
                    if not known(row["value"])
                    else Cell(percent(float(row["value"]), 0)),
                ),
            )
        )
    return Table(title, speak("Strategy"), heads, tuple(body))


def durations_table(response: Summary, best: Summary | None, *, title: str, unit: str, price: float | None) -> Table:
    """Every duration: its risk by itself, smooth with limits, restricted mean, membership of the set, and the price."""
    rows = {(row["term"], row["group"]): row for row in response.rows()}
    members = set() if best is None else set(best.settings["set"])
    heads = [
        Head(speak("Risk by itself")),
        Head(speak("Risk, smooth (95% CI)")),
        Head(speak("Restricted mean, smooth (95% CI)")),
        Head(speak("In the set"), "left"),
    ]
    if price is not None:
        heads.append(Head(speak("Risk + {price:g} x {unit}", price=price, unit=unit)))
    body = []
    for name in groups_of(response):
        why = str(rows["risk", name].get("note") or "")
        cells = [
            _share(rows["risk", name], limits=False),
            _share(rows["risk, smooth", name]),
            _number(rows["restricted mean, smooth", name]),
            refused(why) if why else Cell(speak("yes") if name in members else speak("no")),
        ]
        if price is not None:
            row = rows["risk, smooth", name]
            cells.append(
                refused(row["note"])
                if row["estimate"] is None
                else Cell(fixed(row["estimate"] + price * row["value"], 3))
            )
        body.append(Row(name, tuple(cells)))
    head = speak("Duration, {unit}", unit=unit)
    return Table(title, head, tuple(heads), tuple(body), (response.method,))


def groups_of(summary: Summary) -> tuple[str, ...]:
    """The strategies in their order."""
    return tuple(dict.fromkeys(row["group"] for row in summary.rows()))


def _labelled(term: str, labels: Mapping[str, str]) -> str:
    name, colon, level = term.partition(": ")
    return f"{labels.get(name, name)}{colon}{level}"


def _both(weighted: float | None, plain: float | None) -> Cell:
    if weighted is None or plain is None:
        return refused(speak("nobody is at risk"))
    return Cell(f"{fixed(weighted, 2)} ({fixed(plain, 2)})")


def _share(row: Mapping[str, Any], limits: bool = True) -> Cell:
    value, low, high = row["estimate"], row.get("conf_low"), row.get("conf_high")
    if value is None:
        return refused(str(row.get("note") or speak("not followed so far")))
    if not limits or low is None or high is None:
        return Cell(percent(float(value)))
    return Cell(percent_interval(float(value), float(low), float(high)))


def _number(row: Mapping[str, Any], times: float = 1.0) -> Cell:
    value, low, high = row["estimate"], row.get("conf_low"), row.get("conf_high")
    if value is None:
        return refused(str(row.get("note") or speak("not followed so far")))
    if low is None or high is None:
        return Cell(number(times * float(value)))
    return Cell(interval(times * float(value), times * float(low), times * float(high)))


def _points(row: Mapping[str, Any]) -> Cell:
    return _number(row, 100)


def _ratio(row: Mapping[str, Any]) -> Cell:
    value, low, high = row["estimate"], row.get("conf_low"), row.get("conf_high")
    if value is None:
        return refused(str(row.get("note") or speak("not followed so far")))
    if low is None or high is None or not low <= value <= high:
        return Cell(fixed(float(value), 2))
    return Cell(ratio_interval(float(value), float(low), float(high)))
