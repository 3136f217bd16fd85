"""All rules: every family imported, in the order of their codes."""

from __future__ import annotations

from collections.abc import Mapping

from durata.rules import claims, data, power, time_zero
from durata.rules.runner import Rule, registered

FAMILIES = (data, time_zero, power, claims)


def all_rules() -> Mapping[str, Rule]:
    """Every rule by code."""
    rules = registered()
    return {code: rules[code] for code in sorted(rules)}
