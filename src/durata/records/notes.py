"""What reading a patient file converted, column by column, and in which encoding: notes to be printed with a check."""

from __future__ import annotations

from durata.finding import Finding, Severity, Where
from durata.language.speaking import speak
from durata.records.records import Records


def reading_notes(records: Records) -> tuple[Finding, ...]:
    """Say of a patient file how it was decoded (N08), and of each column how many cells were converted, and how (N07).

    Parameters
    ----------
    records : what was read; ``conversions`` counts by name and kind.

    Returns
    -------
    Findings of severity info, the encoding first, the columns in the order in which they were declared.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> print(reading_notes(du.read_records(study))[0].message)
    The file was read as utf-8.
    """
    notes = []
    source = records.source
    said = any(one.evidence.get("encoding") == source.encoding for one in records.findings)
    if source.encoding is not None and not said:
        what, where = "The file was read as {encoding}.", Where(source.file)
        notes.append(Finding("N08", Severity.INFO, what, {"encoding": source.encoding}, where=where))
    for name, counts in records.conversions.items():
        if not counts:
            continue
        header = records.columns[name].header if name in records.columns else name
        words = "; ".join(speak("{kind}: {n:,} cell(s)", kind=speak(kind), n=n) for kind, n in counts.items())
        evidence = {"column": header, "words": words, "counts": tuple(counts.items())}
        where = Where(source.file, sheet=source.sheet, column=header)
        notes.append(Finding("N07", Severity.INFO, "column {column!r}: {words}.", evidence, where=where))
    return tuple(notes)
