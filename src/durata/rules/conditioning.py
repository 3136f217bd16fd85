"""Rules C01 and C04: covariates and scores that are known only after time zero, in a model of the whole effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from durata.category import Category
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.estimate.plan import cox_analysis, has_adjustment, subgroup_analyses
from durata.finding import Severity
from durata.language.speaking import speak
from durata.records.deriving import derive
from durata.records.eligibility import satisfies
from durata.records.records import Records
from durata.rules.after_time_zero import Use, is_post, kind_of, uses_in_models, uses_in_subgroups
from durata.rules.group_hazards import ratio_numbers, ratio_words
from durata.rules.question import gravity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name, subgroup_name
from durata.study.types import Study

RULE_OF = {"duration": "C02", "response": "C03"}


@rule(
    "C01",
    "conditioning-on-the-future",
    since="0.2",
    reference="Rosenbaum PR (1984) J R Stat Soc A 147:656-666; Schisterman EF, Cole SR, Platt RW (2009) Epidemiology 20:488-495",
)
def conditioning_on_the_future(study: Study, answers: Answers) -> Iterator[Seen]:
    """What became known after time zero may be an effect of the duration; holding it fixed takes that effect away.

    It can also open a path between duration and outcome where there was none, so the bias goes either way.
    """
    if not study.covariates:
        raise NotJudged(speak("needs [covariates] with their timing"))
    design = declared_design(study)
    in_models = uses_in_models(study)
    for outcome in dict.fromkeys(use.outcome for use in in_models):
        yield _in_model(study, answers, design, outcome, [use for use in in_models if use.outcome == outcome])
    in_subgroups = uses_in_subgroups(study)
    if in_subgroups:
        yield _in_subgroups(study, answers, design, in_subgroups)


def without(study: Study, outcome: str, covariates: Sequence[str]) -> Study:
    """The study whose model of one outcome lacks some covariates."""
    gone = set(covariates)
    model = study.models[outcome]
    kept = {
        key: tuple(name for name in getattr(model, key) if name not in gone)
        for key in ("adjust", "candidates", "strata")
    }
    return study.model_copy(update={"models": {**study.models, outcome: model.model_copy(update=kept)}})


def _in_model(study: Study, answers: Answers, design: str, outcome: str, uses: Sequence[Use]) -> Seen:
    names = tuple(dict.fromkeys(use.covariate for use in uses))
    fewer = without(study, outcome, names)
    biased = answers.ask(cox_analysis(study, design, outcome, adjusted=True))
    safer = answers.ask(cox_analysis(fewer, design, outcome, adjusted=has_adjustment(fewer, outcome)))
    return seen(
        gravity(study),
        "The model of {outcome} holds what was known only after time zero: {names}. Hazard ratios with it: {biased}; "
        "without it: {safer}.",
        evidence={
            "outcome": outcome_name(study, outcome),
            "names": speak(", ").join(covariate_name(study, name) for name in names),
            "biased": ratio_words(biased),
            "safer": ratio_words(safer),
            "hazard_ratios_with": ratio_numbers(biased),
            "hazard_ratios_without": ratio_numbers(safer),
        },
        remedy="Take it out of [models]; adjust for what was known at the start of treatment only.",
        where=study.place(uses[0].key),
    )


def _in_subgroups(study: Study, answers: Answers, design: str, uses: Sequence[Use]) -> Seen:
    parts, members = [], {}
    for use in uses:
        counted = _members(study, answers, design, use.subgroup)
        members[use.subgroup] = counted
        words = speak(
            "{subgroup} ({counts})",
            subgroup=subgroup_name(study, use.subgroup),
            counts=speak(", ").join(f"{level} {inside}/{of}" for level, (inside, of) in counts(counted)),
        )
        special = RULE_OF.get(kind_of(study, use.covariate))
        if special is not None:
            parts.append(speak("{words}, see rule {rule}", words=words, rule=special))
            continue
        for outcome in study.outcomes:
            inside = answers.ask(subgroup_analyses(study, design, outcome, use.subgroup)["cox"])
            everybody = answers.ask(cox_analysis(study, design, outcome, adjusted=False))
            words = speak(
                "{words}; {outcome}, hazard ratios inside {inside}, in everybody {everybody}",
                words=words,
                outcome=outcome_name(study, outcome),
                inside=ratio_words(inside),
                everybody=ratio_words(everybody),
            )
        parts.append(words)
    claims = [one.text for one in study.claims.values() if one.subgroup in {use.subgroup for use in uses}]
    return seen(
        gravity(study),
        "Durations are compared inside subgroups that were made by what happened after time zero (patients inside, by "
        "group): {parts}. {claims} of {all_claims} declared claims rest on them.",
        evidence={
            "parts": joined(parts),
            "members": members,
            "claims": len(claims),
            "all_claims": len(study.claims),
            "subgroups": tuple(use.subgroup for use in uses),
        },
        remedy="Make [subgroups] by what was known at the start of treatment; describe the others without comparing survival.",
        where=study.place(uses[0].key),
    )


def counts(members: dict[str, tuple[int, int]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The groups that have patients, with how many of them are inside."""
    return ((level, both) for level, both in members.items() if both[1])


def _members(study: Study, answers: Answers, design: str, subgroup: str) -> dict[str, tuple[int, int]]:
    """How many of each duration group are inside a subgroup, of how many whose value is known."""
    condition = study.subgroups[subgroup]
    cohort = answers.cohort(design, next(iter(study.outcomes)))
    if isinstance(cohort, Refused) or cohort.group is None:
        return {}
    met, unknown = satisfies(condition, cohort.column(condition.covariate))
    return {
        level: (
            int(np.count_nonzero(met & (cohort.group.codes == code))),
            int(np.count_nonzero(~unknown & (cohort.group.codes == code))),
        )
        for code, level in enumerate(cohort.group.levels)
    }


@rule(
    "C04",
    "risk-score-of-a-treated-specimen",
    since="0.2",
    reference="Joensuu H (2008) Hum Pathol 39:1411-1419",
)
def risk_score_of_a_treated_specimen(study: Study, records: Records) -> Iterator[Seen]:
    """Recurrence risk scores were made for tumours that had not been treated; treatment shrinks what they count.

    A patient who responded is moved to a lower class though the disease was the same, the more so the longer the treatment.
    """
    scores = [name for name, one in study.covariates.items() if one.rule_set == "nih_risk"]
    if not scores:
        raise NotJudged(speak("needs a risk score derived by a rule set ({names})", names="nih_risk"))
    for name in scores:
        inputs = study.covariates[name].inputs
        late = {key: source for key, source in inputs.items() if is_post(study, source)}
        if not late:
            continue
        evidence: dict[str, object] = {
            "score": covariate_name(study, name),
            "late": speak(", ").join(covariate_name(study, source) for source in late.values()),
        }
        moved = _moved(study, records, name)
        what = (
            "{score} is computed from what was measured after treatment ({late}). The score holds for untreated tumours "
            "only."
        )
        if moved is not None:
            lower, higher, of, instead = moved
            evidence |= {
                "lower": lower,
                "higher": higher,
                "of": of,
                "instead": speak(", ").join(covariate_name(study, one) for one in instead),
            }
            what = (
                "{score} is computed from what was measured after treatment ({late}). The score holds for untreated "
                "tumours only: against its value from {instead}, {lower} of {of} patients stand in a lower class and "
                "{higher} in a higher one."
            )
        yield seen(
            Severity.WARNING,
            what,
            evidence=evidence,
            remedy="Derive it from the size and the biopsy before treatment ([covariates] inputs), or leave it out.",
            where=study.place(f"covariates.{name}.inputs"),
        )


def _moved(study: Study, records: Records, name: str) -> tuple[int, int, int, tuple[str, ...]] | None:
    """How many are classed lower and higher than by baseline values, of how many; None without baseline values to use.

    The baseline value of an input is the ``before`` of the measurement whose ``after`` it is.
    """
    covariate = study.covariates[name]
    before = {one.after: one.before for one in study.measurements.values() if not is_post(study, one.before)}
    inputs = {key: before.get(source, source) for key, source in covariate.inputs.items()}
    instead = tuple(new for key, new in inputs.items() if new != covariate.inputs[key])
    if not instead:
        return None
    restated = study.model_copy(
        update={"covariates": {**study.covariates, name: covariate.model_copy(update={"inputs": inputs})}}
    )
    columns = {
        key: records.categories[source] if source in records.categories else records.numbers[source]
        for key, source in inputs.items()
    }
    fresh, _ = derive(restated, name, columns)
    printed = records.categories[name]
    order = _order(fresh, printed)
    known = (fresh.codes >= 0) & (printed.codes >= 0)
    now, then = order[1][printed.codes[known]], order[0][fresh.codes[known]]
    return int(np.count_nonzero(now < then)), int(np.count_nonzero(now > then)), int(known.sum()), instead


def _order(fresh: Category, printed: Category) -> tuple[np.ndarray, np.ndarray]:
    """Rank of each level of two categories in the natural order of risk, which a declared reference may have changed."""
    rank = {level: k for k, level in enumerate(("very low", "low", "intermediate", "high"))}
    return (
        np.array([rank[level] for level in fresh.levels], dtype=np.intp),
        np.array([rank[level] for level in printed.levels], dtype=np.intp),
    )
