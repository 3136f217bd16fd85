"""Laws of the study file of a whole paper: whatever is broken in it is said in words, with a key to look it up."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.study.mistakes import mistakes

PAPER = """\
[study]
title = "Laws"
[data]
file = "people.csv"
id = "id"
[treatment]
name = "drug"
start = "start"
end = "end"
groups = [{ name = "short", to = 3 }, { name = "long", from = 3 }]
[outcomes.relapse]
event = ["relapse", "death"]
censor = "last"
[covariates.before]
unit = "mm"
[covariates.after]
unit = "cm"
timing = "post"
[covariates.new]
type = "category"
levels = ["no", "yes"]
timing = "post"
[covariates.answer]
type = "category"
timing = "post"
rule_set = "recist"
inputs = { before = "before", after = "after", new_lesion = "new" }
[models.relapse]
adjust = ["before"]
candidates = ["before"]
[responses.imaging]
covariate = "answer"
success = ["CR", "PR"]
[measurements.size]
before = "before"
after = "after"
[subgroups.small]
covariate = "before"
to = 50
[claims.longer]
text = "Longer is better."
outcome = "relapse"
group = "long"
versus = "short"
says = "better"
subgroup = "small"
[published]
source = "a paper"
figures = [
  { figure = "a", printed = "12", kind = "events", of = "death" },
  { figure = "b", printed = "75.5", kind = "survival", outcome = "relapse", group = "long", at = 36 },
  { figure = "c", printed = ">0.05", kind = "log-rank p", outcome = "relapse", group = "long", versus = "short" },
  { figure = "d", printed = "1/2", kind = "responders", of = "imaging", group = "short" },
]
"""
WORDS = ["before", "answer", "long", "death", "small", "imaging", "recist", "nih_risk", "survival", "mean", "category"]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner),
    max_leaves=5,
)


def keys_of(declared: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = []
    if isinstance(declared, dict | list):
        for key in declared if isinstance(declared, dict) else range(len(declared)):
            found += [(*above, key), *keys_of(declared[key], (*above, key))]
    return found


def at(declared: Any, keys: tuple[Any, ...]) -> Any:
    for key in keys:
        declared = declared[key]
    return declared


def test_the_paper_is_a_study() -> None:
    assert mistakes(tomllib.loads(PAPER)) == ()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_broken_paper_is_said_in_words(data: st.DataObject) -> None:
    """Whatever is put in place of a part, or taken out of it, is a Study or a list of mistakes with their keys."""
    study = tomllib.loads(PAPER)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(keys_of(study)))
        here = at(study, path[:-1])
        change = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "replace":
            here[path[-1]] = data.draw(values)
        elif change == "remove":
            del here[path[-1]]
        elif isinstance(here, dict):
            here[data.draw(st.sampled_from(WORDS) | st.text(max_size=8))] = data.draw(values)
        if not keys_of(study):
            break
    found = mistakes(study)
    for one in found:
        assert (one.what + one.remedy).format_map({**one.evidence, "key": "k"})
        at(study, one.keys[:-1])  # the table that lacks a key, or holds the wrong one, is there
    if not found:
        du.Study.model_validate(study)


NAMES = [
    (("responses", "imaging", "covariate"), {"answer", "new"}),
    (("measurements", "size", "after"), {"after"}),
    (("subgroups", "small", "covariate"), {"before", "after"}),
    (("claims", "longer", "outcome"), {"relapse"}),
    (("claims", "longer", "subgroup"), {"small"}),
    (("published", "figures", 0, "of"), {"death", "relapse"}),
    (("published", "figures", 1, "group"), {"long", "short"}),
    (("published", "figures", 3, "of"), {"imaging"}),
    (("covariates", "answer", "inputs", "before"), {"before"}),
    (("models", "relapse", "candidates", 0), {"before", "after", "new", "answer"}),
]
KNOWN = sorted(set().union(*(right for _, right in NAMES)) | {"group", "Before", "beforee", "end", "id"})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(KNOWN) | st.text(min_size=1, max_size=8))
def test_a_name_is_accepted_where_it_leads_somewhere_and_only_there(
    place: tuple[tuple[Any, ...], set[str]], name: str
) -> None:
    """The levels asked of a covariate stand aside: a response of another category has none of those that succeed."""
    path, right = place
    study = tomllib.loads(PAPER)
    if path[0] == "responses":
        study["responses"]["imaging"]["success"] = ["CR"] if name != "new" else ["yes"]
    at(study, path[:-1])[path[-1]] = name
    assert (mistakes(study) == ()) == (name in right)
