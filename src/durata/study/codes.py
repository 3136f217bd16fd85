"""The codes of what can be wrong with a study file, each with its name and one line of meaning."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, tuple[str, str]] = {
    "F01": (
        "study-file-not-readable",
        "The study file is missing, is a folder, may not be read, is too large or is not UTF-8 text.",
    ),
    "F02": ("study-file-not-toml", "The study file is not valid TOML; the finding names the line and the position."),
    "F03": (
        "study-file-not-understood",
        "A key is unknown or missing, a value does not fit its key, or a name leads nowhere.",
    ),
}
