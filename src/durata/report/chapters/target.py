"""The trial that is emulated, specification beside emulation, and the TARGET items: filled in, or the author's to write."""

from __future__ import annotations

from collections.abc import Iterator

from durata.report.chapters.wording import Wording
from durata.report.document import Block, Heading, Note, TableBlock
from durata.show.numbers import Cell, count
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale
from durata.study.emulation import EmulationWindow

PAIRED = ("eligibility", "strategies", "assignment", "follow_up", "outcome", "contrast", "assumptions", "analysis")
"""Items 6a to 6h (specification) and 7a to 7h (emulation)."""
FILLED = ("1a", "1b", "1c", "3", "5", "8", "9", "10", "11", "12", "13", "14", "16", "19")
AUTHOR = ("2", "4", "15", "17", "18", "20", "21")


def target(words: Wording) -> Iterator[Block]:
    """The table of the target trial, and the list of TARGET items with where they stand."""
    yield Heading(words.say("target.heading"), 2, anchor="target-trial")
    heads = (
        Head(words.say("target.specification"), "left", wide=True),
        Head(words.say("target.emulation"), "left", wide=True),
    )
    values = filled(words)
    rows = tuple(
        Row(
            words.say("target.item", letter="abcdefgh"[place], name=words.say(f"target.{name}")),
            (
                Cell(words.say(f"target.{name}_specification", **values)),
                Cell(words.say(f"target.{name}_emulation", **values)),
            ),
        )
        for place, name in enumerate(PAIRED)
    )
    title = words.say("target.table")
    yield TableBlock(Table(title, words.say("target.component"), heads, rows), "target-table")
    yield TableBlock(items_table(words), "target-items")
    missing = words.phrases.join(
        [words.say("target.needed", item=item, what=words.say(f"target.of_{item}")) for item in AUTHOR]
    )
    yield Note((words.say("target.author_note", missing=missing),), "remark")


def items_table(words: Wording) -> Table:
    """Every TARGET item, what it asks for, and where this report answers it."""
    order = ("1a", "1b", "1c", "2", "3", "4", "5", "6a-h, 7a-h", *(str(k) for k in range(8, 22)))
    rows = []
    for item in order:
        name = "paired" if item.startswith("6a") else item
        where = words.say("target.author") if item in AUTHOR else words.say(f"target.where_{name}")
        rows.append(Row(item, (Cell(words.say(f"target.of_{name}")), Cell(where))))
    heads = (Head(words.say("target.asks"), "left", wide=True), Head(words.say("target.stands"), "left", wide=True))
    return Table(words.say("target.items"), words.say("target.number"), heads, tuple(rows))


def filled(words: Wording) -> dict[str, object]:
    """What the sentences of the table are filled with: all of it is declared or counted."""
    study, asked = words.study, words.study.emulation
    if asked is None:
        raise ValueError("a study without [emulation] has no target trial")
    scale = TimeScale(study.treatment.unit)
    excuse = words.say(
        f"target.excuse_{asked.excuse}" if asked.excused_by else "target.no_excuse",
        dates=words.phrases.join(list(asked.excused_by)),
    )
    covariates = words.covariates(asked.covariates) if asked.covariates else words.say("emulation.no_covariates")
    loss = "none" if asked.loss is None else "by" if asked.loss else "time"
    eligibility = words.phrases.join(list(study.eligibility)) if study.eligibility else words.say("target.everybody")
    return {
        "windows": words.phrases.clauses([window_words(words, window) for window in asked.windows]),
        "n": count(words.contents.records.flow.remaining),
        "criteria": eligibility,
        "horizon": scale.words(asked.horizon),
        "excuse": excuse,
        "grace": words.say(f"target.grace_{asked.grace}{'_uniform' if uniform(words) else ''}"),
        "outcomes": words.phrases.join([words.within(name) for name in study.outcomes]),
        "reference": asked.windows[0].name,
        "covariates": covariates,
        "model": words.say(f"target.model_{asked.weights}"),
        "loss": words.say(f"target.loss_{loss}", covariates=words.covariates(asked.loss or ())),
        "replicates": count(asked.replicates),
        "seed": asked.seed,
        "truncate": words.phrases.join([f"{one:g}%" for one in asked.truncate]) or words.say("target.no_truncation"),
        "interval": scale.words(asked.interval),
        "centre": words.say("target.by_centre", centre=words.covariate(asked.centre)) if asked.centre else "",
    }


def uniform(words: Wording) -> bool:
    """Whether the chances of the grace period are even over the window."""
    asked = words.study.emulation
    return asked is not None and asked.grace == "stochastic" and asked.grace_share == "uniform"


def window_words(words: Wording, window: EmulationWindow) -> str:
    """A strategy in words."""
    scale = TimeScale(words.study.treatment.unit)
    key = "target.never" if window.to is None else "target.window" if window.from_ else "target.first_window"
    to = "" if window.to is None else scale.words(window.to)
    return words.say(key, name=window.name, low=scale.words(window.from_), high=to)
