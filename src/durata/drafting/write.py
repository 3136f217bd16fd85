"""A Proposal becomes the text of a study file: every decision with its reason beside it, what is open as a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from durata.drafting.proposal import Key, Proposal, Section, Value
from durata.language.speaking import speak

BARE = re.compile(r"[A-Za-z0-9_-]+")
WIDEST = 116


def to_toml(proposal: Proposal) -> str:
    """The study file, one table after the other."""
    lines = [f"# {line}" for line in _opening(proposal)]
    for before, section in zip((None, *proposal.sections), proposal.sections, strict=False):
        together = before is not None and not before.heading and not section.heading
        lines += [*([] if together else [""]), *_section(section)]
    return "\n".join(lines) + "\n"


def _opening(proposal: Proposal) -> Iterator[str]:
    yield speak(
        "Draft of a study file, made from {file}. Read every line that begins with #.", file=comment(proposal.file)
    )
    for lacking in proposal.lacks:
        yield speak("TODO: {lacking}", lacking=comment(lacking))
    for look in proposal.looked_at:
        yield speak("Please check: {look}", look=comment(look))


def _section(section: Section) -> Iterator[str]:
    for said in section.said:
        yield f"# {comment(said)}"
    mark = "# " if section.off else ""
    if section.heading:
        yield f"{mark}[{'.'.join(map(quoted_key, section.heading))}]"
    for key in section.keys:
        yield from _key(key, mark)


def _key(key: Key, mark: str) -> Iterator[str]:
    for said in key.said:
        yield f"# {comment(said)}"
    if key.value is None:
        yield f"# TODO {quoted_key(key.name)} = "
        return
    line = f"{mark}{quoted_key(key.name)} = {written(key.value)}"
    if isinstance(key.value, tuple) and (len(line) > WIDEST or any(isinstance(one, Mapping) for one in key.value)):
        yield f"{mark}{quoted_key(key.name)} = ["
        for one in key.value:
            yield f"{mark}  {written(one)},"
        yield f"{mark}]"
        return
    yield line


def comment(text: str) -> str:
    """A text that stays on its line in a comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def quoted_key(name: str) -> str:
    """A key as TOML writes it: bare where it can be.

    >>> quoted_key("surgery_date"), quoted_key("手术日期")
    ('surgery_date', '"手术日期"')
    """
    return name if BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A text in quotes, what TOML cannot hold escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(value: Value) -> str:
    """A value as TOML writes it.

    >>> written(("CR", 1, 2.5)), written({"name": "short", "to": 6})
    ('["CR", 1, 2.5]', '{ name = "short", to = 6 }')
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{quoted_key(key)} = {written(one)}" for key, one in value.items()) + " }"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
