"""The rule sets a study file can name: their levels, and what each of their inputs must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

InputKind = Literal["number", "yes-no"]

YES, NO = ("yes", "1"), ("no", "0")  # how a yes-no input may be written as a category, capitals forgiven

# How many of the smallest there are in each, so that a length in mm serves a rule set that reads cm.
LENGTHS: Mapping[str, float] = MappingProxyType({"mm": 1.0, "cm": 10.0})


@dataclass(frozen=True, slots=True)
class RuleInput:
    """What an input of a rule set must be: a number in ``unit`` ("" for a count) or a yes-no; not all are ``required``."""

    name: str
    kind: InputKind = "number"
    unit: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class NamedRules:
    """A rule set as a study file sees it: the ``levels`` it gives, in their natural order, and its ``inputs``."""

    levels: tuple[str, ...]
    inputs: tuple[RuleInput, ...]

    def input(self, name: str) -> RuleInput | None:
        """The input of this name; None if there is none."""
        return next((one for one in self.inputs if one.name == name), None)


_SIZES = (RuleInput("before", unit="mm"), RuleInput("after", unit="mm"))
_NEW = RuleInput("new_lesion", "yes-no", required=False)
_RESPONSE = ("CR", "PR", "SD", "PD")
_CHOI = NamedRules(
    _RESPONSE,
    (
        *_SIZES,
        RuleInput("density_before", unit="HU"),
        RuleInput("density_after", unit="HU"),
        _NEW,
        RuleInput("new_nodule", "yes-no", required=False),
    ),
)
_VIABLE = (RuleInput("viable_percent", unit="%"),)

# What durata.records.rule_sets derives, said here because a study file is judged before any record is read.
RULES: Mapping[str, NamedRules] = MappingProxyType(
    {
        "recist": NamedRules(_RESPONSE, (*_SIZES, RuleInput("nadir", unit="mm", required=False), _NEW)),
        "choi": _CHOI,
        "modified_choi": _CHOI,
        "path_grade": NamedRules(("minimal", "low", "moderate", "high"), _VIABLE),
        "path_viable": NamedRules(("<=10% viable", "11-50% viable", ">50% viable"), _VIABLE),
        "nih_risk": NamedRules(
            ("very low", "low", "intermediate", "high"),
            (
                RuleInput("size", unit="cm"),
                RuleInput("mitoses"),
                RuleInput("gastric", "yes-no"),
                RuleInput("ruptured", "yes-no", required=False),
            ),
        ),
    }
)


def inputs_in_words() -> str:
    """What every rule set reads, in one line for the description of the key."""

    def words(one: RuleInput) -> str:
        notes = [
            one.unit or ("yes or no" if one.kind == "yes-no" else "a count"),
            *([] if one.required else ["optional"]),
        ]
        return f"{one.name} ({', '.join(notes)})"

    return "; ".join(f"{name} reads {', '.join(map(words, rules.inputs))}" for name, rules in RULES.items())


def factor_between(declared: str, wanted: str) -> tuple[float, float] | None:
    """Multiply and divide by these to go from the ``declared`` unit to the ``wanted`` one; None when they do not fit.

    Two numbers, so that 30 mm are 3 cm and not 3.0000000000000004.

    >>> factor_between("mm", "cm"), factor_between("%", "%"), factor_between("", "cm") is None
    ((1.0, 10.0), (1.0, 1.0), True)
    """
    if not wanted or declared == wanted:
        return 1.0, 1.0
    if declared in LENGTHS and wanted in LENGTHS:
        return LENGTHS[declared], LENGTHS[wanted]
    return None
