"""A pseudonym for each patient: the same in every run of a study, and not the identifier."""

from __future__ import annotations

import hashlib

from durata.study.types import Study

LENGTH = 10  # hexadecimal digits: two of 100,000 patients share one with a chance of 1 in 200


def salt_of(study: Study) -> str:
    """What makes the pseudonyms of one study differ from another's; it stays when rows, titles or file names change."""
    return "\n".join((study.data.id, study.treatment.start, study.treatment.end))


def person_key(salt: str, identifier: str) -> str:
    """The pseudonym of a patient; empty for one without an identifier.

    It keeps an identifier out of sight; it is no protection against somebody who tries out all identifiers there are, so
    what holds it is for those who may see the data.

    >>> person_key("id", "P017"), person_key("id", "")
    ('f5a0d6a93c', '')
    """
    return short_hash(salt, identifier) if identifier else ""


def short_hash(*parts: str) -> str:
    """The first digits of the SHA-256 of some texts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
