"""The methods paragraph with its references, and where the numbers come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Refused
from durata.estimate.plan import baseline_analysis, cox_analysis, firth_beside, has_adjustment
from durata.language.speaking import speak
from durata.report.chapters.wording import Wording
from durata.report.document import (
    Block,
    Definitions,
    Heading,
    Paragraph,
    References,
    Run,
    Shows,
    TableBlock,
    Text,
    cite,
    code,
)
from durata.show.disclosure import disclosure
from durata.show.numbers import Cell, count
from durata.show.table import Head, Row, Table
from durata.study.types import Model

REFERENCES = {
    "kaplan_meier": "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. J Am Stat Assoc 1958;53:457-481.",
    "schemper": "Schemper M, Smith TL. A note on quantifying follow-up in studies of failure time. Control Clin Trials 1996;17:343-346.",
    "mantel": "Mantel N. Evaluation of survival data and two new rank order statistics arising in its consideration. Cancer Chemother Rep 1966;50:163-170.",
    "holm": "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65-70.",
    "cox": "Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220.",
    "efron": "Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc 1977;72:557-565.",
    "breslow": "Breslow N. Covariance analysis of censored survival data. Biometrics 1974;30:89-99.",
    "grambsch": "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted residuals. Biometrika 1994;81:515-526.",
    "harrell": "Harrell FE, Califf RM, Pryor DB, Lee KL, Rosati RA. Evaluating the yield of medical tests. JAMA 1982;247:2543-2546.",
    "lin": "Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. J Am Stat Assoc 1989;84:1074-1078.",
    "byar": "Mantel N, Byar DP. Evaluation of response-time data involving transient states: an illustration using heart-transplant data. J Am Stat Assoc 1974;69:81-86.",
    "kruskal": "Kruskal WH, Wallis WA. Use of ranks in one-criterion variance analysis. J Am Stat Assoc 1952;47:583-621.",
    "fisher": "Freeman GH, Halton JH. Note on an exact treatment of contingency, goodness of fit and other problems of significance. Biometrika 1951;38:141-149.",
    "austin": "Austin PC. Balance diagnostics for comparing the distribution of baseline covariates between treatment groups in propensity-score matched samples. Stat Med 2009;28:3083-3107.",
    "yang": "Yang D, Dalton JE. A unified approach to measuring the effect size between two groups using SAS. SAS Global Forum 2012; paper 335.",
    "wilson": "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.",
    "newcombe": "Newcombe RG. Interval estimation for the difference between independent proportions: comparison of eleven methods. Stat Med 1998;17:873-890.",
    "armitage": "Armitage P. Tests for linear trends in proportions and frequencies. Biometrics 1955;11:375-386.",
    "wilcoxon": "Wilcoxon F. Individual comparisons by ranking methods. Biometrics Bull 1945;1:80-83.",
    "garwood": "Garwood F. Fiducial limits for the Poisson distribution. Biometrika 1936;28:437-442.",
    "royston": "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio for the design and analysis of randomized trials with a time-to-event outcome. BMC Med Res Methodol 2013;13:152.",
    "heinze": "Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression. Biometrics 2001;57:114-119.",
    "assmann": "Assmann SF, Pocock SJ, Enos LE, Kasten LE. Subgroup analysis and other (mis)uses of baseline data in clinical trials. Lancet 2000;355:1064-1069.",
    "suissa": "Suissa S. Immortal time bias in pharmacoepidemiology. Am J Epidemiol 2008;167:492-499.",
}

MARK = re.compile(rf"\[({'|'.join(REFERENCES)})\]")


@dataclass(frozen=True)
class Sentence:
    """A sentence as it is written, with its marks, and the values to be filled in afterwards."""

    template: str
    values: Mapping[str, object]


class Cited:
    """References in the order in which they are first cited."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def cite(self, key: str) -> Run:
        """The number of a reference; it joins the list when it is cited first."""
        if key not in self.keys:
            self.keys.append(key)
        return cite(self.keys.index(key) + 1)

    def sentence(self, template: str, values: Mapping[str, object]) -> tuple[str | Run, ...]:
        """A sentence in which ``[key]`` of a known reference stands for a citation and ``{names}`` for values.

        Marks are looked for before the values are filled in: what stands in a user's label is never a citation.
        """
        pieces: list[str | Run] = []
        for position, piece in enumerate(MARK.split(template)):
            if position % 2:
                pieces.append(self.cite(piece))
            elif piece:
                pieces.append(re.sub(r"\s+", " ", piece.format(**values)))
        return tuple(pieces)

    def items(self) -> tuple[str, ...]:
        """The references cited, in order."""
        return tuple(REFERENCES[key] for key in self.keys)


def methods(words: Wording) -> Iterator[Block]:
    """Blocks of the chapters Methods and References."""
    cited = Cited()
    yield Heading(words.say("methods.chapter"), anchor="methods")
    for sentences in paragraphs(words):
        said: list[str | Run] = []
        for one in sentences:
            said += [
                *([words.phrases.gap] if said else []),
                *cited.sentence(one.template, {**words.known, **one.values}),
            ]
        yield Paragraph(tuple(said))
    yield from reading(words)
    yield Heading(words.say("methods.references"), anchor="references")
    yield References(cited.items())
    yield Heading(words.say("methods.origin"), anchor="origin")
    yield Definitions(origin(words))
    yield Paragraph((words.say("methods.origin_note"),))


def reading(words: Wording) -> Iterator[Block]:
    """In which encoding the file was read, and which cells were not the value itself."""
    records = words.contents.records
    converted = tuple(
        Row(
            records.columns[name].header if name in records.columns else name,
            (Cell(speak(kind)), Cell(count(disclosure().count(n)))),
        )
        for name, kinds in records.conversions.items()
        for kind, n in kinds.items()
    )
    if records.source.encoding is None and not converted:
        return
    yield Heading(words.say("methods.reading"), 2)
    if records.source.encoding is not None:
        yield Paragraph((words.say("methods.encoding", file=records.source.file, encoding=records.source.encoding),))
    if converted:
        heads = (Head(words.say("methods.how"), "left"), Head(words.say("methods.cells"), "right"))
        table = Table(words.say("methods.converted"), words.say("methods.column"), heads, converted)
        yield TableBlock(table, shows=Shows("reading"))


def sentence(words: Wording, key: str, **values: object) -> Sentence:
    """One sentence of the methods, not filled yet."""
    return Sentence(words.phrases.raw(f"methods.{key}"), values)


def paragraphs(words: Wording) -> Iterator[tuple[Sentence, ...]]:
    """The methods, a tuple of sentences a paragraph."""
    study, treatment = words.study, words.study.treatment
    yield (
        *data_sentences(words),
        sentence(
            words,
            "groups",
            groups=words.phrases.join([group.name for group in treatment.groups]),
            source=words.say(f"methods.source_{treatment.cut_source}"),
        ),
    )
    described = tuple(described_sentences(words))
    if described:
        yield described
    sentences = [sentence(words, "survival"), *model_sentences(words), sentence(words, "checks")]
    if uses_firth(words):
        sentences.append(sentence(words, "firth"))
    sentences.append(sentence(words, "rates"))
    if study.horizons.restricted_mean is not None:
        until = words.scale.words(study.horizons.restricted_mean * study.study.days(study.study.time_unit))
        sentences.append(sentence(words, "restricted_mean", until=until))
    if study.subgroups:
        sentences.append(sentence(words, "subgroups"))
    yield tuple(sentences)
    software = words.contents.provenance
    yield (
        *((sentence(words, "time_dependent"),) if uses_time_dependent(words) else ()),
        sentence(words, "guaranteed"),
        sentence(words, "tests", level=95),
        sentence(
            words,
            "software",
            durata=software.durata,
            python=software.python,
            numpy=software.libraries["numpy"],
            scipy=software.libraries["scipy"],
        ),
    )


def data_sentences(words: Wording) -> Iterator[Sentence]:
    """Where the patients come from, and what durations and follow-up were computed from."""
    study, records = words.study, words.contents.records
    rows, remaining = records.flow.steps[0].remaining, records.flow.remaining
    yield sentence(words, "data", file=records.source.file, rows=rows, remaining=remaining)
    timed = [name for name, one in study.outcomes.items() if one.time is not None]
    dated = [name for name in study.outcomes if name not in timed]
    if timed and dated:
        yield sentence(
            words,
            "dates_and_times",
            dated=words.phrases.join([words.within(name) for name in dated]),
            timed=words.phrases.join([words.within(name) for name in timed]),
        )
    else:
        yield sentence(words, "times" if timed else "dates")
    units = {study.treatment.unit, study.study.time_unit, *(study.outcomes[name].unit for name in timed)}
    if "months" in units:
        yield sentence(words, "month", days=f"{study.study.month_days:g}")


def model_sentences(words: Wording) -> Iterator[Sentence]:
    """The declared Cox models, and how their covariates were chosen where the data chose them."""
    declared = words.study.models or {"": Model()}
    for name, model in declared.items():
        strata, adjust = words.covariates(model.strata), words.covariates(model.adjust)
        # which handling of ties it was has its own reference: that part goes in before the marks are looked for
        ties = words.phrases.raw(f"methods.ties_{model.ties}")
        yield Sentence(
            words.phrases.raw("methods.cox").replace("{ties}", ties),
            {
                "of": words.phrases.gap + words.say("methods.of", outcome=words.within(name))
                if name and len(declared) > 1
                else "",
                "strata": words.say("methods.strata", covariates=strata) if strata else "",
                "adjust": words.say("methods.adjust", covariates=adjust) if adjust else "",
            },
        )
        if model.screen_p and model.candidates:
            yield sentence(
                words,
                "screened",
                candidates=words.covariates(model.candidates),
                p=f"{model.screen_p:g}",
                beside=words.phrases.gap + words.say("methods.beside", covariates=adjust) if adjust else "",
            )
        if model.robust:
            yield sentence(words, "robust")


def described_sentences(words: Wording) -> Iterator[Sentence]:
    """How patients, sizes and responses are described and compared."""
    if baseline_analysis(words.study) is not None:
        yield sentence(words, "baseline")
    if words.study.responses:
        yield sentence(words, "responses")
    if words.study.measurements:
        yield sentence(words, "measurements")


def uses_time_dependent(words: Wording) -> bool:
    """Whether the time-dependent model of any outcome was estimated."""
    return any(
        not isinstance(words.ask(cox_analysis(words.study, "time_dependent", outcome, adjusted=False)), Refused)
        for outcome in words.study.outcomes
    )


def uses_firth(words: Wording) -> bool:
    """Whether any outcome has Firth's model beside the ordinary one."""
    study, design = words.study, declared_design(words.study)
    return any(
        firth_beside(study, words.contents.answers, design, outcome, adjusted=has_adjustment(study, outcome))
        is not None
        for outcome in study.outcomes
    )


def origin(words: Wording) -> tuple[tuple[str, Text], ...]:
    """Files by hash, and versions."""
    made = words.contents.provenance
    libraries = words.phrases.separated([f"{name} {version}" for name, version in made.libraries.items()])
    return (
        (
            words.say("methods.origin_data"),
            (words.say("methods.origin_file", file=made.data_file), " ", code(made.data_sha256)),
        ),
        *(
            (words.say("methods.origin_data"), (words.say("methods.origin_file", file=name), " ", code(sha256)))
            for name, sha256 in made.beside.items()
        ),
        (
            words.say("methods.origin_study"),
            (words.say("methods.origin_file", file=speak(made.study_file)), " ", code(made.study_sha256 or "-")),
        ),
        (
            words.say("methods.origin_software"),
            words.say(
                "methods.origin_versions",
                durata=made.durata,
                python=made.python,
                libraries=libraries,
                platform=made.platform,
            ),
        ),
    )
