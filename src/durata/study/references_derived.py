"""Names of derived covariates that must lead somewhere: rule-set inputs, and the covariates given for them."""

from __future__ import annotations

from collections.abc import Iterator

from durata.study.near import listed, near
from durata.study.nowhere import (
    Dangling,
    Declaration,
    Keys,
    is_derived,
    kind_of,
    levels_of,
    nowhere,
    rules_of,
    table,
    tables,
)
from durata.study.rule_sets import NO, YES, NamedRules, RuleInput, factor_between


def derived_covariates(declared: Declaration) -> Iterator[Dangling]:
    """Inputs that the rule set does not read or does not get, and covariates that cannot serve as one."""
    for name, covariate in tables(declared, "covariates"):
        rules = rules_of(covariate)
        if rules is not None and table(covariate, "inputs"):
            yield from _inputs(declared, name, rules)
            yield from _known_in_time(declared, name)


def _inputs(declared: Declaration, name: str, rules: NamedRules) -> Iterator[Dangling]:
    covariates = table(declared, "covariates")
    rule_set, inputs = str(covariates[name]["rule_set"]), table(covariates[name], "inputs")
    names = [one.name for one in rules.inputs]
    meant = {near(given, names) for given in inputs if given not in names}
    lacking = [one.name for one in rules.inputs if one.required and one.name not in inputs and one.name not in meant]
    if lacking:
        yield Dangling(
            ("covariates", name, "inputs"),
            "rule set {rule_set!r} needs {lacking} too",
            {"rule_set": rule_set, "lacking": listed(lacking)},
            "Say which covariate each is.",
            of_key=True,
        )
    first: dict[str, str] = {}
    for given, source in inputs.items():
        keys = ("covariates", name, "inputs", given)
        if given not in names:
            yield nowhere(keys, f"input of rule set {rule_set!r} called", given, names, of_key=True)
        if not isinstance(source, str):
            continue
        if source not in covariates:
            yield nowhere(keys, "covariate", source, covariates)
        elif is_derived(covariates[source]):
            yield Dangling(
                keys,
                "{source!r} is derived itself; the inputs of a rule set are read from the file",
                {"source": source},
            )
        elif source in first:
            what = "{source!r} is given for {first!r} and for {given!r}"
            yield Dangling(keys, what, {"source": source, "first": first[source], "given": given})
        else:
            first[source] = given
            wanted = rules.input(given)
            if wanted is not None:
                yield from _fits(keys, source, covariates[source], wanted)


def _fits(keys: Keys, source: str, covariate: object, wanted: RuleInput) -> Iterator[Dangling]:
    """Whether what a covariate holds is what an input must be: its kind, its levels, its unit."""
    kind = kind_of(covariate)
    if wanted.kind == "yes-no":
        odd = [level for level in levels_of(covariate) if level.casefold() not in (*YES, *NO)]
        if kind == "date" or (kind == "category" and odd):
            yield Dangling(
                keys,
                "'{input}' is a yes or a no, and {source!r} "
                + ("is a date" if kind == "date" else "has the level {odd!r}"),
                {"input": wanted.name, "source": source, "odd": odd[0] if odd else ""},
                "Give it a category with the levels 'no' and 'yes', or a number that is 0 or 1.",
            )
    elif kind != "number":
        what = "'{input}' is a number, and {source!r} is a {kind}"
        yield Dangling(keys, what, {"input": wanted.name, "source": source, "kind": kind})
    else:
        unit = covariate.get("unit", "") if hasattr(covariate, "get") else ""
        if isinstance(unit, str) and factor_between(unit, wanted.unit) is None:
            said = "says no unit" if not unit else "is in {unit!r}"
            yield Dangling(
                keys,
                "'{input}' is read in {wanted}, and {source!r} " + said,
                {"input": wanted.name, "wanted": wanted.unit, "source": source, "unit": unit},
                "Write unit = ... under [covariates.{source}]; {wanted} is needed"
                + (" (mm and cm are converted)." if wanted.unit in {"mm", "cm"} else "."),
            )


def _known_in_time(declared: Declaration, name: str) -> Iterator[Dangling]:
    """A category is known no earlier than the last of its inputs."""
    covariates = table(declared, "covariates")
    if covariates[name].get("timing", "baseline") != "baseline":
        return
    for source in table(covariates[name], "inputs").values():
        later = table(covariates, source) if isinstance(source, str) else {}
        if later.get("timing") == "post":
            yield Dangling(
                ("covariates", name),
                "{name!r} is derived from {source!r}, which is known only after time zero",
                {"name": name, "source": source},
                'Give it timing = "post" too.',
            )
            return
