"""The best duration and how sure it is: the set not distinguishable from it, the verdict, and risk by duration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.estimate.analysis import Refused
from durata.estimate.plan import emulation_analyses
from durata.estimate.result import Summary, Test
from durata.report.chapters.emulation import horizon, unit
from durata.report.chapters.survival import refusal
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, Shows, TableBlock
from durata.show.emulated_tables import best_table, durations_table
from durata.show.figures.dose_response import DoseResponse, dose_response_figure, dose_response_words
from durata.show.figures.svg import drawing
from durata.show.numbers import fixed, known, p_phrase

KEYS = {
    "not estimable": "best.verdict_not_estimable",
    "no evidence": "best.verdict_no_evidence",
    "optimum": "best.verdict_optimum",
    "plateau": "best.verdict_plateau",
    "indistinct": "best.verdict_indistinct",
}
"""The sentence of every verdict."""


def best(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter; none when no emulation is declared."""
    if words.study.emulation is None:
        return
    yield Heading(words.say("best.chapter"), anchor="best-duration")
    yield Paragraph((words.say("best.intro", start=words.study.treatment.start_name),))
    for number, outcome in enumerate(words.study.outcomes, start=1):
        asked = {name: words.ask(one) for name, one in emulation_analyses(words.study, outcome).items()}
        if len(words.study.outcomes) > 1:
            yield Heading(words.outcome(outcome), 2)
        yield from of_windows(words, outcome, number, asked["best_window"])
        yield from of_months(words, outcome, number, asked["duration_response"], asked["best_month"])
        yield from descriptive(words, asked["duration_spline"], asked["duration_cut"])


def of_windows(words: Wording, outcome: str, number: int, found: object) -> Iterator[Block]:
    """The declared windows: the verdict, the set and the global test."""
    title = words.say("best.windows", outcome=words.outcome(outcome))
    if isinstance(found, Refused):
        yield refusal(words, title, found.reason)
    if not isinstance(found, Summary):
        return
    yield Note((verdict_words(words, found),), "message", words.say("best.verdict"))
    table = best_table(found, title=title, selection=words.say("best.selection"), horizon=horizon(words))
    yield TableBlock(table, f"best-windows-{number}", Shows("emulation", outcome))
    yield Paragraph((explained(words, found),))


def verdict_words(words: Wording, found: Summary, months: bool = False) -> str:
    """The verdict in a sentence that follows from the numbers."""
    settings = found.settings
    margin = settings["margin"]
    p = settings["p_value"]
    members = members_in_words(words, settings["set"], months)
    return words.say(
        KEYS[settings["verdict"]],
        set=members,
        p=p_phrase(p) if known(p) else "",
        margin="" if margin is None else fixed(100 * margin, 1),
        room=fixed(100 * settings["widest"], 1) if known(settings["widest"]) else "",
        horizon=horizon(words),
    )


def members_in_words(words: Wording, names: tuple[str, ...], months: bool) -> str:
    """The set as an enumeration; of neighbouring months only the first and the last of each run."""
    if not months:
        return words.phrases.join(list(names))
    runs: list[list[int]] = []
    for month in map(int, names):
        if runs and month == runs[-1][1] + 1:
            runs[-1][1] = month
        else:
            runs.append([month, month])
    said = [f"{a}" if a == b else words.say("best.run", first=a, last=b) for a, b in runs]
    return words.say(
        "best.in_unit", values=words.phrases.join(said), unit=words.counted_unit(words.study.treatment.unit)
    )


def explained(words: Wording, found: Summary) -> str:
    """How the set was found, its error rate, and what the selection frequency is not."""
    settings = found.settings
    return words.say(
        "best.explained", level=f"{100 * settings['conf_level']:g}", draws=settings["draws"] - settings["failed"]
    )


def of_months(words: Wording, outcome: str, number: int, response: object, found: object) -> Iterator[Block]:
    """Risk by the duration that everybody is assigned: its verdict, figure, table and decision view."""
    title = words.say("best.response", outcome=words.outcome(outcome), horizon=horizon(words))
    if isinstance(response, Refused):
        yield refusal(words, title, response.reason)
    if not isinstance(response, Summary):
        return
    best_month = found if isinstance(found, Summary) else None
    drawn = dose_response(response, best_month)
    x_label = words.say("best.duration_axis", unit=unit(words))
    y_label = words.say("best.risk_axis", outcome=words.within(outcome), horizon=horizon(words))
    if not np.isfinite(drawn.smooth).any():
        yield refusal(words, title, words.say("best.no_month"))
        return
    if best_month is not None:
        yield Paragraph((words.say("best.by_month", verdict=verdict_words(words, best_month, months=True)),))
    yield FigureBlock(
        drawing(
            dose_response_figure(drawn, x_label=x_label, y_label=y_label),
            f"dose-response-{number}",
            title=title,
            alternative=dose_response_words(drawn, x_label=x_label, y_label=y_label),
        ),
        words.say("best.response_caption", title=title, method=response.method),
        Shows("emulation", outcome),
    )
    price = words.study.emulation.trade_off if words.study.emulation else None
    table = durations_table(
        response,
        best_month,
        title=words.say("best.table", outcome=words.outcome(outcome)),
        unit=unit(words),
        price=price,
    )
    yield TableBlock(table, f"dose-response-table-{number}", Shows("emulation", outcome))
    if price is not None:
        yield from decision(words, outcome, number, drawn, price, x_label)


def dose_response(response: Summary, found: Summary | None) -> DoseResponse:
    """The rows of the answer as arrays to draw."""

    def column(term: str, key: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        values = [row.get(key) for row in response.rows() if row["term"] == term]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    members = set() if found is None else set(found.settings["set"])
    names = [row["group"] for row in response.rows() if row["term"] == "risk"]
    return DoseResponse(
        column("risk", "value"),
        column("risk", "estimate"),
        column("risk, smooth", "estimate"),
        column("risk, smooth", "conf_low"),
        column("risk, smooth", "conf_high"),
        np.array([name in members for name in names]),
    )


def decision(
    words: Wording, outcome: str, number: int, drawn: DoseResponse, price: float, x_label: str
) -> Iterator[Block]:
    """Risk plus the declared price of the months on treatment, and where it is least."""
    added = price * drawn.duration
    total = drawn.smooth + added
    nobody = np.zeros(len(total), dtype=np.bool_)
    nan = np.full(len(total), np.nan)
    shown = DoseResponse(drawn.duration, nan, total, drawn.low + added, drawn.high + added, nobody)
    title = words.say("best.decision", outcome=words.outcome(outcome))
    y_label = words.say("best.decision_axis")
    least = drawn.duration[int(np.nanargmin(total))]
    yield FigureBlock(
        drawing(
            dose_response_figure(shown, x_label=x_label, y_label=y_label, unsmoothed=False),
            f"decision-{number}",
            title=title,
            alternative=dose_response_words(shown, x_label=x_label, y_label=y_label),
        ),
        words.say(
            "best.decision_caption",
            title=title,
            price=f"{100 * price:g}",
            unit=words.unit(words.study.treatment.unit),
            least=f"{least:g}",
        ),
        Shows("emulation", outcome),
    )


def descriptive(words: Wording, spline: object, cut: object) -> Iterator[Block]:
    """Among those who reached the end: whether the hazard bends with the achieved duration, and a corrected cut."""
    said = [words.say("best.descriptive")]
    if isinstance(spline, Summary):
        p = {row["term"]: row["p_value"] for row in spline.rows()}
        said.append(words.say("best.spline", overall=p_phrase(p["overall"]), bend=p_phrase(p["nonlinearity"])))
    elif isinstance(spline, Refused):
        said.append(words.say("best.no_spline", reason=spline.reason))
    if isinstance(cut, Test):
        value, unit_ = f"{cut.settings['cut']:.3g}", words.counted_unit(words.study.treatment.unit)
        said.append(words.say("best.cut", cut=value, unit=unit_, p=p_phrase(cut.p_value)))
    elif isinstance(cut, Refused):
        said.append(words.say("best.no_cut", reason=cut.reason))
    yield Paragraph((words.phrases.paragraph(said),))
