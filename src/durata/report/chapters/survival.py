"""One outcome under the declared design: curves, horizons, medians, tests, models and their assumption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Refused
from durata.estimate.plan import (
    BY_GROUP,
    adjustment,
    candidates,
    cox_analysis,
    firth_beside,
    has_adjustment,
    imputes,
    model_settings,
    per_hundred_years,
    permutation_beside,
    pooled_analysis,
    univariable,
)
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.kernels.arrays import FloatArray
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, Shows, TableBlock
from durata.show.effect_tables import effects_table, proportional_hazards_table
from durata.show.figures.survival import survival_figure, survival_words
from durata.show.figures.svg import drawing
from durata.show.numbers import count, fixed, p_phrase
from durata.show.rates_tables import rates_table
from durata.show.restricted_mean_tables import restricted_mean_contrasts_table, restricted_mean_table
from durata.show.survival_tables import horizons_table, medians_table, pairwise_table
from durata.show.time_scale import TimeScale


def survival(words: Wording, outcome: str) -> Iterator[Block]:
    """Blocks of the chapter of one outcome."""
    design = declared_design(words.study)
    number = list(words.study.outcomes).index(outcome) + 1
    yield Heading(words.outcome(outcome), anchor=f"outcome-{number}")
    cohort = words.contents.answers.cohort(design, outcome)
    if isinstance(cohort, Refused):
        yield refusal(words, words.outcome(outcome), cohort.reason)
        return
    yield Paragraph((words.say("outcome.zero", zero=cohort.time_zero),))
    yield from curves(words, design, outcome, cohort, f"curve-{number}")
    yield from tests(words, design, outcome)
    yield from restricted_means(words, design, outcome)
    yield from models(words, design, outcome, cohort)


def curves(words: Wording, design: str, outcome: str, cohort: Cohort, name: str) -> Iterator[Block]:
    """The Kaplan-Meier figure with its risk table, the horizons, and medians with follow-up."""
    curve = words.ask(Analysis(design, outcome, "kaplan_meier", BY_GROUP))
    within = words.within(outcome)
    if not isinstance(curve, Curve):
        reason = curve.reason if isinstance(curve, Refused) else ""
        yield refusal(words, words.say("outcome.curve", outcome=words.outcome(outcome)), reason)
        return
    test = words.ask(Analysis(design, outcome, "log_rank"))
    annotation = words.say("outcome.test", p=p_phrase(test.p_value)) if isinstance(test, Test) else ""
    tested = words.say("outcome.test_sentence", test=annotation) if annotation else ""
    title = words.say("outcome.curve", outcome=words.outcome(outcome))
    label = words.say("outcome.free", outcome=within)
    yield FigureBlock(
        drawing(
            survival_figure(curve, words.scale, label=label, annotation=annotation),
            name,
            title=title,
            alternative=survival_words(curve, words.scale, label=label),
        ),
        words.say(
            "outcome.curve_caption",
            title=title,
            level=f"{100 * curve.conf_level:g}",
            zero=cohort.time_zero,
            test=tested,
        ),
        Shows("curve", outcome),
    )
    length = words.study.study.days(words.study.study.time_unit)
    if words.study.horizons.at:
        horizons = curve.at([horizon * length for horizon in words.study.horizons.at])
        yield TableBlock(
            horizons_table(horizons, words.scale, title=words.say("outcome.horizons", outcome=within), estimand=label),
            shows=Shows("horizons", outcome),
        )
    yield TableBlock(
        medians_table(
            curve,
            curve.quantile([0.5]),
            words.scale,
            title=words.say("outcome.medians"),
            events=words.say("outcome.events"),
            time=words.say("outcome.median_time"),
        ),
        shows=Shows("medians", outcome),
    )
    rates = words.ask(Analysis(design, outcome, "event_rates", (*BY_GROUP, ("per", per_hundred_years(words.study)))))
    if isinstance(rates, Summary):
        years = TimeScale("years", words.study.study.days("years"))
        yield TableBlock(
            rates_table(rates, years, title=words.say("outcome.rates"), events=words.say("outcome.events")),
            shows=Shows("rates", outcome),
        )
    elif isinstance(rates, Refused):
        yield refusal(words, words.say("outcome.rates"), rates.reason)
    follow_up = words.ask(Analysis(design, outcome, "reverse_kaplan_meier", BY_GROUP))
    if isinstance(follow_up, Curve):
        yield TableBlock(
            medians_table(
                follow_up,
                follow_up.quantile([0.5]),
                words.scale,
                title=words.say("outcome.follow_up"),
                events=words.say("outcome.censored"),
                time=words.say("outcome.median_follow_up"),
            ),
            shows=Shows("follow_up", outcome),
        )


def restricted_means(words: Wording, design: str, outcome: str) -> Iterator[Block]:
    """Mean time free of the event up to the declared horizon, and the contrasts with the reference group."""
    horizon = words.study.horizons.restricted_mean
    if horizon is None:
        return
    until = horizon * words.study.study.days(words.study.study.time_unit)
    reference = words.study.treatment.reference or words.study.treatment.groups[0].name
    title = words.say("outcome.restricted_mean", outcome=words.within(outcome), until=words.scale.words(until))
    means = words.ask(Analysis(design, outcome, "restricted_mean", (*BY_GROUP, ("until", until))))
    if isinstance(means, Refused):
        yield refusal(words, title, means.reason)
    elif isinstance(means, Summary):
        shown = restricted_mean_table(means, words.scale, title=title)
        yield TableBlock(shown, shows=Shows("restricted_mean", outcome))
    contrasts = words.ask(
        Analysis(design, outcome, "restricted_mean_contrasts", (("until", until), ("reference", reference)))
    )
    if isinstance(contrasts, Summary):
        title = words.say("outcome.restricted_mean_contrasts", reference=reference)
        shown = restricted_mean_contrasts_table(contrasts, words.scale, title=title)
        yield TableBlock(shown, shows=Shows("restricted_mean_contrasts", outcome))


def tests(words: Wording, design: str, outcome: str) -> Iterator[Block]:
    """The log-rank tests, overall and by pair."""
    overall = words.ask(Analysis(design, outcome, "log_rank"))
    pairs = words.ask(Analysis(design, outcome, "pairwise_log_rank"))
    if isinstance(pairs, Summary) and isinstance(overall, Test | Refused):
        shown = pairwise_table(pairs, overall, title=words.say("outcome.pairs"))
        yield TableBlock(shown, shows=Shows("tests", outcome))
    elif isinstance(overall, Refused):
        yield refusal(words, words.say("outcome.pairs"), overall.reason)
    beside_it = permutation_beside(words.contents.answers, design, outcome)
    permuted = None if beside_it is None else words.ask(beside_it)
    if isinstance(permuted, Test):
        yield Paragraph((words.say("outcome.permuted", method=permuted.method, p=p_phrase(permuted.p_value)),))


def models(words: Wording, design: str, outcome: str, cohort: Cohort) -> Iterator[Block]:
    """The Cox models side by side, their whole-model tests, and the test of proportional hazards."""
    shown = fitted(words, design, outcome)
    yield TableBlock(
        effects_table(
            shown,
            title=words.say("outcome.model", outcome=words.within(outcome)),
            words=words.table_words(),
            # three models side by side leave no room for the counts, which stand in the table of events too
            counts=group_counts(cohort) if len(shown) < 3 else None,
        ),
        shows=Shows("model", outcome),
    )
    later = later_covariates(words, outcome)
    if later:
        yield Note((words.say("outcome.later", covariates=words.covariates(later)),), "caution")
    adjusted = has_adjustment(words.study, outcome)
    fit = "adjusted" if adjusted else "unadjusted"
    declared = words.ask(cox_analysis(words.study, design, outcome, adjusted=adjusted))
    if isinstance(declared, Effects):
        yield Paragraph((whole_model(words, words.say(f"outcome.{fit}"), declared),))
    test = words.ask(
        Analysis(design, outcome, "proportional_hazards", model_settings(words.study, design, outcome, adjusted=True))
    )
    title = words.say("outcome.proportional", model=words.say(f"outcome.model_{fit}"))
    if isinstance(test, Summary | Test):
        tested = proportional_hazards_table(test, title=title, words=words.table_words())
        yield TableBlock(tested, shows=Shows("proportional", outcome))
    elif isinstance(test, Refused):
        yield refusal(words, title, test.reason)


def later_covariates(words: Wording, outcome: str) -> tuple[str, ...]:
    """The covariates of an outcome's model that became known only after time zero."""
    covariates = words.study.covariates
    return tuple(
        name for name in adjustment(words.study, outcome) if name in covariates and covariates[name].timing == "post"
    )


def fitted(words: Wording, design: str, outcome: str) -> dict[str, Effects | Refused]:
    """The models of one outcome by the words over their columns: one covariate at a time, adjusted, and Firth's."""
    study, answers = words.study, words.contents.answers
    alone = [words.ask(cox_analysis(study, design, outcome, adjusted=False))]
    alone += [words.ask(univariable(study, design, outcome, name)) for name in candidates(study, outcome)]
    estimated = [one for one in alone if isinstance(one, Effects)]
    first = alone[0]
    found: dict[str, Effects | Refused] = {}
    name = words.say("outcome.univariable" if len(alone) > 1 else "outcome.unadjusted")
    if estimated:
        found[name] = one_at_a_time(estimated)
    elif isinstance(first, Refused):
        found[name] = first
    adjusted = has_adjustment(study, outcome)
    if adjusted:
        model = words.ask(cox_analysis(study, design, outcome, adjusted=True))
        if isinstance(model, Effects | Refused):
            found[words.say("outcome.adjusted")] = model
        if imputes(study, outcome) and (
            isinstance(model, Refused) or (isinstance(model, Effects) and model.n_left_out)
        ):
            imputed = words.ask(pooled_analysis(study, design, outcome))
            if isinstance(imputed, Effects | Refused):
                found[words.say("outcome.imputed")] = imputed
    firth = firth_beside(study, answers, design, outcome, adjusted=adjusted)
    if firth is not None:
        penalised = words.ask(firth)
        if isinstance(penalised, Effects | Refused):
            found[words.say("outcome.firth" if adjusted else "outcome.firth_unadjusted")] = penalised
    return found


def one_at_a_time(models: Sequence[Effects]) -> Effects:
    """Models of one covariate each as the rows of one table; nothing ties their coefficients together."""
    return replace(
        models[0],
        terms=tuple(term for model in models for term in model.terms),
        estimate=np.concatenate([model.estimate for model in models]),
        covariance=beside(*(model.covariance for model in models)),
        model_covariance=beside(*(model.model_covariance for model in models)),
        tests={},
        notes=tuple(note for model in models for note in model.notes),
    )


def beside(*blocks: FloatArray) -> FloatArray:
    """Matrices along the diagonal of one, zero elsewhere."""
    size = sum(len(block) for block in blocks)
    whole, position = np.zeros((size, size)), 0
    for block in blocks:
        whole[position : position + len(block), position : position + len(block)] = block
        position += len(block)
    return whole


def whole_model(words: Wording, name: str, one: Effects) -> str:
    """The tests of a whole model and its concordance, in one sentence each."""
    tested = {
        kind: words.say(
            "outcome.chi_square",
            statistic=fixed(one.tests[kind].statistic, 2),
            df=f"{one.tests[kind].df:g}",
            p=p_phrase(one.tests[kind].p_value),
        )
        for kind in ("likelihood_ratio", "wald", "score")
    }
    said = [
        words.say(
            "outcome.whole", model=name, lr=tested["likelihood_ratio"], wald=tested["wald"], score=tested["score"]
        )
    ]
    if np.isfinite(one.concordance):
        said.append(
            words.say("outcome.concordance", value=fixed(one.concordance, 3), error=fixed(one.concordance_std_error, 3))
        )
    if one.n_left_out:
        said.append(words.say("outcome.left_out", n=count(one.n_left_out)))
    return words.phrases.paragraph(said)


def group_counts(cohort: Cohort) -> dict[tuple[str, str], tuple[float, float]]:
    """People and events of each exposure group, for the table of hazard ratios."""
    if cohort.group is None:
        return {}
    return {
        ("group", level): (
            float(len(np.unique(cohort.person[cohort.group.codes == code]))),
            float(np.count_nonzero(cohort.event & (cohort.group.codes == code))),
        )
        for code, level in enumerate(cohort.group.levels)
    }


def refusal(words: Wording, what: str, reason: str) -> Paragraph:
    """The paragraph that stands where something could not be estimated."""
    return Paragraph((words.say("outcome.refused", what=what, reason=reason),))
