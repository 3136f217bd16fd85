"""Small curves and bars made by hand, and a reader of the SVG that comes out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import numpy as np

from durata.estimate.result import Curve, Stretch
from durata.show.drawing import Drawing

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    '"><img src=x onerror=alert(1)>',
    "</script>",
    "{{7*7}}",
    "{% raw %}",
    r"$\frac$",
    "</svg><script>alert(1)</script>",
    "javascript:alert(1)",
    "_hidden",
    "<b>&amp;</b>",
)


def stretch(
    group: str,
    time: Sequence[float] = (10, 20, 30, 40),
    events: Sequence[float] = (1, 0, 1, 0),
    at_risk: Sequence[float] = (4, 3, 2, 1),
) -> Stretch:
    """A Kaplan-Meier curve of a few people, its limits a fixed distance away."""
    t, d, n = (np.asarray(values, dtype=np.float64) for values in (time, events, at_risk))
    survival = np.cumprod(1 - d / n)
    gone = n - np.append(n[1:], 0) - d
    low, high = np.maximum(survival - 0.2, 0), np.minimum(survival + 0.2, 1)
    return Stretch(
        t, survival, np.full(len(t), 0.1), low, high, n, d, gone, np.zeros(len(t)), int(n[0]), 1.0, float(t[-1]), group
    )


def curve(*groups: str, unit: str = "days", time_zero: str = "surgery") -> Curve:
    """One such curve a group."""
    stretches = tuple(stretch(group) for group in groups)
    return Curve(stretches, "survival", "Kaplan-Meier", "log-log", 0.95, unit, time_zero)


def root(drawing: Drawing) -> ET.Element:
    """The drawing as a tree."""
    return ET.fromstring(drawing.svg)


def texts(drawing: Drawing, kind: str = "") -> list[str]:
    """The words in the drawing in reading order of the file; only those of one kind where it is given."""
    tree = root(drawing)
    holders = [tree] if not kind else [group for group in tree.iter(f"{SVG}g") if group.get("class") == kind]
    return [element.text or "" for holder in holders for element in holder.iter(f"{SVG}text")]


def count_of(drawing: Drawing, kind: str) -> int:
    """How many groups of one kind the drawing has."""
    return sum(element.get("class") == kind for element in root(drawing).iter(f"{SVG}g"))
