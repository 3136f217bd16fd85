"""Names in what a paper reports that lead nowhere: each is said with its place and the name that was probably meant."""

from __future__ import annotations

import pytest

import durata as du
from durata.study.paper import FigureKind
from durata.study.references_paper import KINDS
from durata.study.rule_sets import RULES
from durata.study.types import RuleSetName

# 28 lines of the small study stand above; what is added begins at line 29.
MORE = """\
[covariates.before]
unit = "mm"
[covariates.after]
unit = "cm"
timing = "post"
[covariates.answer]
type = "category"
timing = "post"
rule_set = "recist"
inputs = { before = "before", after = "after" }
[responses.imaging]
covariate = "answer"
success = ["CR", "PR"]
[measurements.diameter]
before = "before"
after = "after"
[subgroups.early]
covariate = "stage"
is = ["I"]
[outcomes.relapse]
event = ["relapse_date", "last"]
censor = "last"
[models.death]
adjust = ["age"]
candidates = ["age", "stage"]
screen_p = 0.1
[claims.longer]
text = "Longer is better."
outcome = "death"
group = "long"
versus = "short"
says = "better"
subgroup = "early"
"""
FIRST = 29 + MORE.count("\n")


def refused(folder, added: str, *changes: tuple[str, str]) -> list[tuple[str, str]]:
    """Place and words of everything that is wrong; the place with its line counted from the lines added."""
    folder.declare(*changes, add=MORE + added)
    with pytest.raises(du.StudyError) as caught:
        du.read_study(folder.study)
    found = []
    for one in caught.value.findings:
        assert one.code == "F03"
        assert one.where is not None
        assert one.where.line is not None
        advice = f" {one.advice}" if one.remedy else ""
        found.append((f"{one.where.line - FIRST + 1}:{one.where.position}", one.message + advice))
    return found


def test_a_paper_in_which_every_name_leads_somewhere(folder) -> None:
    figures = '[published]\nsource = "a paper"\n' + "".join(
        f'[[published.figures]]\nfigure = "f"\nprinted = "{PRINTED.get(kind, "1")}"\nkind = "{kind}"\n{keys}\n'
        for kind, keys in {
            "patients": 'group = "long"',
            "events": 'of = "relapse_date"',
            "median duration": "",
            "mean": 'of = "before"',
            "standard deviation": 'of = "after"',
            "percent change": 'of = "diameter"',
            "responders": 'of = "imaging"\ngroup = "short"',
            "response p": 'of = "imaging"',
            "median follow-up": 'outcome = "death"',
            "survival": 'outcome = "relapse"\ngroup = "short"\nat = 36',
            "survival interval": 'outcome = "relapse"\ngroup = "short"\nat = 36',
            "at risk": 'outcome = "relapse"\ngroup = "short"\nat = 36',
            "log-rank p": 'outcome = "death"\ngroup = "long"\nversus = "short"\nsubgroup = "early"',
            "hazard ratio": 'outcome = "death"\ngroup = "long"\nversus = "short"',
            "hazard ratio p": 'outcome = "death"\ngroup = "long"\nversus = "short"',
        }.items()
    )
    study = du.read_study(folder.declare(add=MORE + figures).study)
    assert study.published is not None
    assert len(study.published.figures) == len(KINDS)
    assert str(study.place("published.figures.1")) == f"study.toml:{FIRST + 7}:1"
    assert str(study.place("published.figures.1.of")) == f"study.toml:{FIRST + 11}:6"
    whole = study.model_dump(by_alias=True)
    assert du.Study.model_validate(whole).model_dump(by_alias=True) == whole


def test_every_kind_and_every_rule_set_that_can_be_written_is_known() -> None:
    assert set(KINDS) == set(FigureKind.__args__)
    assert set(RULES) == set(RuleSetName.__args__)


@pytest.mark.parametrize(
    ("added", "place", "words"),
    [
        ('[responses.r]\ncovariate = "stag"\nsuccess = ["I"]', "2:13", "responses.r.covariate: there is no covariate 'stag'. Did you mean 'stage'?"),
        ('[responses.r]\ncovariate = "age"\nsuccess = ["I"]', "2:13", "responses.r.covariate: 'age' is a number; a response is some levels of a category."),
        ('[responses.r]\ncovariate = "stage"\nsuccess = ["I", "III"]', "3:17", "responses.r.success.1: there is no level 'III'. Did you mean 'II'?"),
        ('[responses.r]\ncovariate = "answer"\nsuccess = ["RP"]', "3:12", "responses.r.success.0: there is no level 'RP'."),
        ('[measurements.m]\nbefore = "befor"\nafter = "after"', "2:10", "measurements.m.before: there is no covariate 'befor'. Did you mean 'before'?"),
        ('[measurements.m]\nbefore = "before"\nafter = "stage"', "3:9", "measurements.m.after: 'stage' is a category; a measurement is a number."),
        ('[subgroups.s]\ncovariate = "stag"\nis = ["I"]', "2:13", "subgroups.s.covariate: there is no covariate 'stag'. Did you mean 'stage'?"),
        ('[subgroups.s]\ncovariate = "answer"\nnot = ["PD", "SDD"]', "3:14", "subgroups.s.not.1: there is no level 'SDD'. Did you mean 'SD'?"),
        ('[subgroups.s]\ncovariate = "stage"\nto = 2', "3:6", "subgroups.s.to: 'to' belongs to numbers, and 'stage' is a category."),
        ('[claims.c]\ntext = "t"\noutcome = "deaht"\ngroup = "long"\nsays = "best"', "3:11", "claims.c.outcome: there is no outcome 'deaht'. Did you mean 'death'?"),
        ('[claims.c]\ntext = "t"\noutcome = "death"\ngroup = "lnog"\nsays = "best"', "4:9", "claims.c.group: there is no group 'lnog'. Did you mean 'long'?"),
        ('[claims.c]\ntext = "t"\noutcome = "death"\ngroup = "long"\nversus = "shrt"\nsays = "better"', "5:10", "claims.c.versus: there is no group 'shrt'. Did you mean 'short'?"),
        ('[claims.c]\ntext = "t"\noutcome = "death"\ngroup = "long"\nsubgroup = "erly"\nsays = "best"', "5:12", "claims.c.subgroup: there is no subgroup 'erly'. Did you mean 'early'?"),
        ('[claims.c]\ntext = "t"\noutcome = "death"\ngroup = "long"\nsays = "better"', "1:1", "claims.c: 'better' needs 'versus': the group compared with."),
        ('[models.relapse]\ncandidates = ["stage", "agee"]', "2:24", "models.relapse.candidates.1: there is no covariate 'agee'. Did you mean 'age'?"),
        ('[models.relapse]\ncandidates = ["age", "age"]', "2:22", "models.relapse.candidates.1: 'age' is named twice."),
        ('[models.relapse]\nstrata = ["stage"]\ncandidates = ["stage"]', "3:15", "models.relapse.candidates.0: 'stage' is in 'candidates' and in 'strata'."),
        ('[covariates.day]\ntype = "date"\n[models.relapse]\ncandidates = ["day"]', "4:15", "models.relapse.candidates.0: 'day' is a date, which a model cannot use."),
    ],
)  # fmt: skip
def test_name_that_leads_nowhere(folder, added: str, place: str, words: str) -> None:
    ((where, said),) = refused(folder, added + "\n")
    assert where == place
    assert said.startswith(words)


FIGURE = (
    '[published]\nsource = "a paper"\n'
    '[[published.figures]]\nfigure = "a"\nprinted = "1"\nkind = "patients"\n'
    '[[published.figures]]\nfigure = "f"\n'
)
PRINTED = {
    "hazard ratio": "0.5 (0.3-0.8)",
    "median duration": "9 (6, 12)",
    "survival interval": "60.0-80.0",
    "responders": "25/50",
}


@pytest.mark.parametrize(
    ("kind", "keys", "place", "words"),
    [
        ("survival", 'outcome = "death"\ngroup = "lnog"\nat = 3', "12:9", ".group: there is no group 'lnog'. Did you mean 'long'?"),
        ("survival", 'outcome = "daeth"\ngroup = "long"\nat = 3', "11:11", ".outcome: there is no outcome 'daeth'. Did you mean 'death'?"),
        ("survival", 'outcome = "death"', "7:1", ": a figure of the kind 'survival' needs 'group' and 'at'."),
        ("survival", 'outcome = "death"\ngroup = "long"\nat = 3\nof = "age"', "14:1", ".of: 'of' says nothing about a figure of the kind 'survival'. Leave it out."),
        ("survival", 'outcome = "death"\ngroup = "long"\nat = 3\nsubgroup = "early"', "14:1", ".subgroup: 'subgroup' says nothing about a figure of the kind 'survival'."),
        ("log-rank p", 'outcome = "death"\ngroup = "long"', "7:1", ": a figure of the kind 'log-rank p' needs 'versus'."),
        ("log-rank p", 'outcome = "death"\ngroup = "long"\nversus = "long"', "13:10", ".versus: 'group' and 'versus' name the same group."),
        ("log-rank p", 'outcome = "death"\ngroup = "long"\nversus = "short"\nsubgroup = "earl"', "14:12", ".subgroup: there is no subgroup 'earl'. Did you mean 'early'?"),
        ("hazard ratio", 'group = "long"\nversus = "shrt"\noutcome = "death"', "12:10", ".versus: there is no group 'shrt'. Did you mean 'short'?"),
        ("hazard ratio p", "", "7:1", ": a figure of the kind 'hazard ratio p' needs 'outcome' and 'group' and 'versus'."),
        ("responders", 'group = "long"', "7:1", ": a figure of the kind 'responders' needs 'of'."),
        ("responders", 'of = "imagin"', "11:6", ".of: there is no response 'imagin'. Did you mean 'imaging'?"),
        ("response p", 'of = "imaging"\nversus = "long"', "12:1", ".versus: 'versus' says nothing about a figure of the kind 'response p'."),
        ("mean", 'of = "diameter"', "11:6", ".of: there is no covariate 'diameter'."),
        ("mean", 'of = "stage"', "11:6", ".of: 'stage' is a category; a mean is of numbers."),
        ("mean", 'of = "age"\ngroup = "long"', "12:1", ".group: 'group' says nothing about a figure of the kind 'mean'. Leave it out."),
        ("standard deviation", "", "7:1", ": a figure of the kind 'standard deviation' needs 'of'."),
        ("percent change", 'of = "diametre"', "11:6", ".of: there is no measurement 'diametre'. Did you mean 'diameter'?"),
        ("events", "", "7:1", ": a figure of the kind 'events' needs 'outcome' or 'of'."),
        ("events", 'of = "relaps_date"', "11:6", ".of: there is no event date column 'relaps_date'. Did you mean 'relapse_date'?"),
        ("median follow-up", "", "7:1", ": a figure of the kind 'median follow-up' needs 'outcome'."),
        ("patients", "at = 3", "11:1", ".at: 'at' says nothing about a figure of the kind 'patients'. Leave it out."),
        ("patientz", "", "10:8", ".kind: must be 'patients', 'events'"),
    ],
)  # fmt: skip
def test_second_printed_figure_is_wrong(folder, kind: str, keys: str, place: str, words: str) -> None:
    ((where, said),) = refused(folder, f'{FIGURE}printed = "{PRINTED.get(kind, "1")}"\nkind = "{kind}"\n{keys}\n')
    assert where == place
    assert said.startswith(f"published.figures.1{words}")


@pytest.mark.parametrize(
    ("kind", "printed", "words"),
    [
        ("median duration", "9", "a figure of the kind 'median duration' prints 3 number(s), and '9' has 1. Write it as '9 (6, 12)'"),
        ("patients", "about fifty", "a figure of the kind 'patients' prints 1 number(s), and 'about fifty' has 0. Write it as '75.5'."),
        ("patients", "25/50", "a figure of the kind 'patients' prints 1 number(s), and '25/50' has 2."),
        ("patients", "<fifty", "'<fifty' is no bound; one is written '<0.05' or '>0.05'."),
        ("patients", "", "must not be empty."),
    ],
)  # fmt: skip
def test_what_is_printed_has_the_numbers_of_its_kind(folder, kind: str, printed: str, words: str) -> None:
    ((where, said),) = refused(folder, f'{FIGURE}printed = "{printed}"\nkind = "{kind}"\n')
    assert where == "9:11"
    assert said.startswith(f"published.figures.1.printed: {words}")


@pytest.mark.parametrize(
    ("added", "place", "words"),
    [
        ('rule_set = "recits"\ninputs = { before = "before" }', "4:12", "covariates.x.rule_set: must be 'recist', 'choi'"),
        ('rule_set = "recist"\ninputs = { before = "before" }', "5:1", "covariates.x.inputs: rule set 'recist' needs 'after' too. Say which covariate each is."),
        ('rule_set = "recist"\ninputs = { befor = "before", after = "after" }', "5:12", "covariates.x.inputs.befor: there is no input of rule set 'recist' called 'befor'. Did you mean 'before'?"),
        ('rule_set = "recist"\ninputs = { before = "befor", after = "after" }', "5:21", "covariates.x.inputs.before: there is no covariate 'befor'. Did you mean 'before'?"),
        ('rule_set = "recist"\ninputs = { before = "after", after = "after" }', "5:38", "covariates.x.inputs.after: 'after' is given for 'before' and for 'after'."),
        ('rule_set = "recist"\ninputs = { before = "before", after = "answer" }', "5:39", "covariates.x.inputs.after: 'answer' is derived itself; the inputs of a rule set are read from the file."),
        ('rule_set = "recist"\ninputs = { before = "before", after = "stage" }', "5:39", "covariates.x.inputs.after: 'after' is a number, and 'stage' is a category."),
        ('rule_set = "recist"\ninputs = { before = "before", after = "age" }', "5:39", "covariates.x.inputs.after: 'after' is read in mm, and 'age' says no unit. Write unit = ... under [covariates.age]; mm is needed (mm and cm are converted)."),
        ('rule_set = "path_grade"\ninputs.viable_percent = "before"', "5:25", "covariates.x.inputs.viable_percent: 'viable_percent' is read in %, and 'before' is in 'mm'."),
        ('rule_set = "recist"\ninputs = { before = "before", after = "after", new_lesion = "stage" }', "5:61", "covariates.x.inputs.new_lesion: 'new_lesion' is a yes or a no, and 'stage' has the level 'I'."),
        ('rule_set = "recist"\nreference = "sd"\ninputs = { before = "before", after = "after" }', "5:13", "covariates.x.reference: there is no level 'sd'. Did you mean 'SD'?"),
        ('rule_set = "recist"', "1:1", "covariates.x: 'rule_set' and 'inputs' belong together."),
        ('rule_set = "recist"\nlevels = ["CR"]\ninputs = { before = "before", after = "after" }', "1:1", "covariates.x: a derived covariate has type"),
    ],
)  # fmt: skip
def test_derived_covariate_that_cannot_be_derived(folder, added: str, place: str, words: str) -> None:
    ((where, said),) = refused(folder, f'[covariates.x]\ntype = "category"\ntiming = "post"\n{added}\n')
    assert where == place
    assert said.startswith(words)


def test_what_is_derived_from_what_is_known_later_is_not_known_at_baseline(folder) -> None:
    added = '[covariates.x]\ntype = "category"\nrule_set = "recist"\ninputs = { before = "before", after = "after" }\n'
    assert refused(folder, added) == [
        (
            "1:1",
            "covariates.x: 'x' is derived from 'after', which is known only after time zero. "
            'Give it timing = "post" too.',
        )
    ]


def test_a_derived_covariate_is_no_column_of_the_file(folder) -> None:
    """Its name cannot be that of a column that an outcome reads, and [data.values] cannot map it."""
    words = 'type = "category"\ntiming = "post"\nrule_set = "recist"\ninputs = { before = "before", after = "after" }\n'
    assert refused(folder, f"[covariates.dead]\n{words}") == [
        ("1:1", "covariates.dead: the name 'dead' is also that of the category column 'dead'. Give the covariate another name."),
    ]  # fmt: skip
    ((where, said),) = refused(folder, '[data.values.answer]\npartial = "PR"\n')
    assert where == "1:1"
    assert said.startswith("data.values.answer: there is no column 'answer'.")


def test_all_at_once_even_where_one_line_is_wrong_twice(folder) -> None:
    found = refused(
        folder,
        '[covariates.x]\ntype = "category"\ntiming = "post"\nrule_set = "recist"\n'
        'inputs = { befor = "bfore", after = "aftr" }\n'
        '[published]\nsource = "a paper"\n[[published.figures]]\n'
        'figure = "f"\nkind = "survival"\noutcome = "x"\ngroup = "y"\nversus = "short"\n',
    )
    assert [(place, said.split(": ")[0]) for place, said in found] == [
        ("5:12", "covariates.x.inputs.befor"),
        ("5:20", "covariates.x.inputs.befor"),
        ("5:37", "covariates.x.inputs.after"),
        ("8:1", "published.figures.0"),
        ("8:1", "published.figures.0.printed"),
        ("11:11", "published.figures.0.outcome"),
        ("12:9", "published.figures.0.group"),
        ("13:1", "published.figures.0.versus"),
    ]
