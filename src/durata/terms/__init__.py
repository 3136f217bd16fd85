"""The terms of a model: declared, coded as a design matrix, and remembered so that new people are coded alike."""

from durata.terms.coding import design_of
from durata.terms.columns import Columns, present
from durata.terms.declared import (
    Factor,
    Interaction,
    Offset,
    Spline,
    Strata,
    TermLike,
    Transform,
    factor,
    interaction,
    offset,
    spline,
    strata,
    transform,
)
from durata.terms.design import Coding, Design, NewPeople, Part

__all__ = [
    "Coding",
    "Columns",
    "Design",
    "Factor",
    "Interaction",
    "NewPeople",
    "Offset",
    "Part",
    "Spline",
    "Strata",
    "TermLike",
    "Transform",
    "design_of",
    "factor",
    "interaction",
    "offset",
    "present",
    "spline",
    "strata",
    "transform",
]
