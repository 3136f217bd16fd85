"""The codes of what can be wrong with a patient file, each with its name and one line of meaning."""

from __future__ import annotations

from collections.abc import Mapping

# D01, D02 and D12 to D17 are rules: see durata.rules.data and data_values. Each of these has a page too.
CODES: Mapping[str, tuple[str, str]] = {
    "D03": (
        "patient-file-not-readable",
        "The patient file is missing, leads out of its folder, is too large, or is not what its name says.",
    ),
    "D04": ("column-not-found", "A declared column is not in the patient file, or stands in it twice."),
    "D05": ("table-out-of-shape", "The patient file has no header, no rows, or rows that do not fit the header."),
    "D06": (
        "impossible-date",
        "A cell of a date column holds no date, an impossible one, or one that can be read two ways.",
    ),
    "D07": ("impossible-number", "A cell of a number column holds no plain number, or one outside the declared range."),
    "D08": ("unknown-level", "A cell holds a level or a status code that the study file does not declare."),
    "D09": ("patient-not-placed", "A patient has no identifier, or no start of treatment."),
    "D10": (
        "status-doubtful",
        "A status column has no event, or values that count as censored without being declared.",
    ),
    "D11": ("spreadsheet-defect", "A cell of a spreadsheet holds an error or a formula without a result."),
}
