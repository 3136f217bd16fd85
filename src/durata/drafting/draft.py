"""A patient file becomes the text of a study file that goes beside or above it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from durata.drafting.proposal import Proposal
from durata.drafting.propose import language_of, propose
from durata.drafting.whole_file import read_whole
from durata.drafting.write import to_toml
from durata.finding import Where
from durata.language.speaking import speak, speaking
from durata.records.tables import Table, refuse
from durata.study.opening import refusal


@dataclass(frozen=True)
class Draft:
    """A draft: its text, and the proposal behind it, which is in its language."""

    text: str
    proposal: Proposal


def draft_study(data: str | Path, target: str | Path | None = None, *, language: str | None = None,
                sheet: str | None = None) -> Draft:  # fmt: skip
    """Propose a study file for a patient file; nothing is written.

    Parameters
    ----------
    data : the patient file, of any kind that a study may name.
    target : where the study file is going to be; beside the patient file if None. It has to be in its folder or above.
    language : "en" or "zh"; Chinese if None and most column names are Chinese.
    sheet : the worksheet; the one with most known column names if None.

    Returns
    -------
    Draft; ``proposal.lacks`` says what a person has to add before ``durata check`` can read it.

    Raises
    ------
    StudyError : the patient file cannot be read (D03, D05), or its name cannot stand in a study file (F03).

    References
    ----------
    Eisenhauer EA et al (2009) Eur J Cancer 45:228 (levels of an imaging response).

    Examples
    --------
    >>> import durata as du
    >>> file = du.example("gist").with_name("gist.csv")
    >>> du.draft_study(file).proposal.lacks
    ()
    """
    path = Path(data)
    folder = path.parent if target is None else Path(target).parent
    with speaking(language or "en"):
        table = read_whole(path, sheet)
    with speaking(language or language_of(table.header)):
        file = _as_named(path, folder)
        proposal = propose(table, file, sheet or _sheet(table))
        return Draft(to_toml(proposal), proposal)


def _as_named(path: Path, folder: Path) -> str:
    """The patient file as a study file in ``folder`` may name it."""
    whole, root = path.resolve(), folder.resolve()
    if not whole.is_relative_to(root):
        what = "the study file has to be in the folder of the patient file, or above it."
        raise refuse("F03", what, Where(path.name), "Leave -o out, or name a place there.")
    name = whole.relative_to(root).as_posix()
    reason = refusal(name)
    if reason is not None:
        what = "the name of the patient file {reason}."
        raise refuse("F03", what, Where(path.name), "Rename the file.", reason=speak(reason))
    return name


def _sheet(table: Table) -> str | None:
    """The sheet, where the file has others: then the study file names it."""
    return table.sheet if any("others" in finding.evidence for finding in table.findings) else None
