"""Rules I: columns that tell who the patients are; they name columns and numbers of cells, never what stands in them."""

from __future__ import annotations

from collections.abc import Iterator

from durata.finding import Severity
from durata.language.speaking import speak
from durata.records.personal import Kind
from durata.records.records import Records
from durata.rules.runner import Seen, rule, seen
from durata.study.types import Study

LAW = (
    "Personal Information Protection Law of the People's Republic of China (2021) articles 28, 51; "
    "Regulation (EU) 2016/679 articles 4(5), 89"
)
STUDY_NUMBER = "Give every patient a study number, keep the list that joins the two apart from the data, and name the study number in [data] id."
LEAVE_OUT = (
    "Take this column out of the study file ([covariates]); it is no covariate, and the file is better kept without it."
)
NOT_READ = "No such column is read. Take it out of the file ([data] file) before the file is passed on."


@rule("I01", "national-identity-numbers", since="0.1", reference=LAW)
def national_identity_numbers(study: Study, records: Records) -> Iterator[Seen]:
    """An identity number names one person in a nation, and holds the birth date and the sex besides."""
    yield from _columns(study, records, "identity number")


@rule("I02", "telephone-numbers", since="0.1", reference=LAW)
def telephone_numbers(study: Study, records: Records) -> Iterator[Seen]:
    """A telephone number leads to one person, and tells nothing of a treatment."""
    yield from _columns(study, records, "telephone number")


@rule("I03", "names-of-patients", since="0.1", reference=LAW)
def names_of_patients(study: Study, records: Records) -> Iterator[Seen]:
    """A name tells who the patient is to everybody who opens the file."""
    yield from _columns(study, records, "name")


@rule("I04", "hospital-numbers", since="0.1", reference=LAW)
def hospital_numbers(study: Study, records: Records) -> Iterator[Seen]:
    """A hospital number leads everybody with access to the hospital's records to the patient."""
    yield from _columns(study, records, "hospital number")


@rule("I05", "free-text", since="0.1", reference=LAW)
def free_text(study: Study, records: Records) -> Iterator[Seen]:
    """Free text holds names, places and dates that nobody has looked for."""
    yield from _columns(study, records, "free text")


def _columns(study: Study, records: Records, kind: Kind) -> Iterator[Seen]:
    """What is to be said of the columns of one kind: an error where a covariate is made of them."""
    unread = [one.header for one in records.personal if one.kind == kind and one.read == "not read"]
    where = study.place("data.file")
    for one in records.personal:
        if one.kind != kind or one.read == "not read":
            continue
        evidence = {"column": one.header, "n": one.cells, "kind": speak(kind)}
        proof = one.cells > 0
        if one.read == "covariate":
            what = (
                "column {column!r} is read as data and looks like {kind} ({n} different cell(s) looked at are such)."
                if proof
                else "column {column!r} is read as data and by its name holds {kind}."
            )
            severity = Severity.ERROR if proof and kind != "free text" else Severity.WARNING
            yield seen(severity, what, evidence=evidence, remedy=LEAVE_OUT, where=where)
        else:
            what = (
                "the identifiers of the patients, column {column!r}, look like {kind} ({n} different cell(s) looked at are "
                "such). durata shows them nowhere, but the file holds them."
                if proof
                else "the identifiers of the patients, column {column!r}, by its name are {kind}. durata shows them "
                "nowhere, but the file holds them."
            )
            yield seen(Severity.WARNING, what, evidence=evidence, remedy=STUDY_NUMBER, where=study.place("data.id"))
    if unread:
        what = "the file holds column(s) that by their names are {kind}: {columns}. They were not read."
        columns = speak(", ").join(repr(header) for header in unread)
        yield seen(
            Severity.INFO, what, evidence={"columns": columns, "kind": speak(kind)}, remedy=NOT_READ, where=where
        )
