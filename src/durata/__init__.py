"""durata: how long should this treatment last? The public names, nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from durata.audit.audit import audit_figures as audit_figures
    from durata.audit.figures import Figures as Figures
    from durata.audit.file import read_figures as read_figures
    from durata.category import Category as Category
    from durata.category import categorise as categorise
    from durata.cohort import Cohort as Cohort
    from durata.cohort import Weights as Weights
    from durata.designs.delayed_entry import delayed_entry as delayed_entry
    from durata.designs.emulated.courses import History as History
    from durata.designs.emulated.courses import patient_courses as patient_courses
    from durata.designs.emulated.declared import declared_courses as declared_courses
    from durata.designs.emulated.declared import declared_plan as declared_plan
    from durata.designs.emulated.plan import EmulationPlan as EmulationPlan
    from durata.designs.emulated.strategies import Strategy as Strategy
    from durata.designs.emulated.strategies import ending_window as ending_window
    from durata.designs.emulated.trial import EmulatedTrial as EmulatedTrial
    from durata.designs.emulated.trial import emulate as emulate
    from durata.designs.emulated.within_grace import clones_within_grace as clones_within_grace
    from durata.designs.imputed import impute as impute
    from durata.designs.landmark import landmark as landmark
    from durata.designs.landmarks import landmarks as landmarks
    from durata.designs.observed import observed as observed
    from durata.designs.sequential import SequentialTrials as SequentialTrials
    from durata.designs.sequential import declared_sequential_trials as declared_sequential_trials
    from durata.designs.sequential import sequential_trials as sequential_trials
    from durata.designs.time_dependent import time_dependent as time_dependent
    from durata.door import cohort_from_arrays as cohort_from_arrays
    from durata.door import cohort_from_frame as cohort_from_frame
    from durata.drafting.draft import draft_study as draft_study
    from durata.drafting.template import template as template
    from durata.estimate.accelerated import accelerated_failure_time as accelerated_failure_time
    from durata.estimate.analysis import Analysis as Analysis
    from durata.estimate.association import association_test as association_test
    from durata.estimate.balance import balance_table as balance_table
    from durata.estimate.balance import positivity_table as positivity_table
    from durata.estimate.balance import weight_table as weight_table
    from durata.estimate.baseline import baseline_table as baseline_table
    from durata.estimate.best_duration import best_duration as best_duration
    from durata.estimate.bootstrap import Replicated as Replicated
    from durata.estimate.bootstrap import bootstrap as bootstrap
    from durata.estimate.bootstrap import jackknife as jackknife
    from durata.estimate.causes import cause_specific as cause_specific
    from durata.estimate.causes import gray_test as gray_test
    from durata.estimate.change import paired_change as paired_change
    from durata.estimate.cloned import cloned_hazard_ratio as cloned_hazard_ratio
    from durata.estimate.cloned import cloned_restricted_mean as cloned_restricted_mean
    from durata.estimate.cloned import cloned_survival as cloned_survival
    from durata.estimate.comparison import compare_groups as compare_groups
    from durata.estimate.competing import cumulative_incidence as cumulative_incidence
    from durata.estimate.competing import restricted_time_in_state as restricted_time_in_state
    from durata.estimate.cox import cox as cox
    from durata.estimate.cox import likelihood_ratio_test as likelihood_ratio_test
    from durata.estimate.cox_checks import concordance as concordance
    from durata.estimate.cox_checks import proportional_hazards_test as proportional_hazards_test
    from durata.estimate.cox_checks import residuals as residuals
    from durata.estimate.cox_prediction import baseline_hazard as baseline_hazard
    from durata.estimate.cox_prediction import linear_predictor as linear_predictor
    from durata.estimate.cox_prediction import predicted_survival as predicted_survival
    from durata.estimate.curve import Curve as Curve
    from durata.estimate.curves import fleming_harrington as fleming_harrington
    from durata.estimate.curves import kaplan_meier as kaplan_meier
    from durata.estimate.curves import nelson_aalen as nelson_aalen
    from durata.estimate.curves import reverse_kaplan_meier as reverse_kaplan_meier
    from durata.estimate.cut_stability import selected_cut_stability as selected_cut_stability
    from durata.estimate.cutpoint import cut_statistics as cut_statistics
    from durata.estimate.cutpoint import selected_cut as selected_cut
    from durata.estimate.cutpoint import selected_cuts as selected_cuts
    from durata.estimate.duration_response import duration_response as duration_response
    from durata.estimate.emulated import emulated_effects as emulated_effects
    from durata.estimate.emulated import emulated_incidence as emulated_incidence
    from durata.estimate.emulated import emulated_survival as emulated_survival
    from durata.estimate.emulated_bootstrap import emulated_bootstrap as emulated_bootstrap
    from durata.estimate.emulated_bootstrap import emulated_intervals as emulated_intervals
    from durata.estimate.emulated_causes import emulated_cause_intervals as emulated_cause_intervals
    from durata.estimate.emulated_causes import emulated_causes as emulated_causes
    from durata.estimate.emulated_diagnostics import emulated_balance as emulated_balance
    from durata.estimate.emulated_diagnostics import emulated_flow as emulated_flow
    from durata.estimate.emulated_diagnostics import emulated_positivity as emulated_positivity
    from durata.estimate.emulated_diagnostics import emulated_truncation as emulated_truncation
    from durata.estimate.emulated_diagnostics import emulated_uptake as emulated_uptake
    from durata.estimate.emulated_diagnostics import emulated_weights as emulated_weights
    from durata.estimate.emulated_doubly_robust import emulated_doubly_robust as emulated_doubly_robust
    from durata.estimate.emulated_standardised import emulated_standardised as emulated_standardised
    from durata.estimate.ended_in_time import ended_by_duration as ended_by_duration
    from durata.estimate.ended_in_time import ended_hazard_ratios as ended_hazard_ratios
    from durata.estimate.ended_in_time import mantel_byar as mantel_byar
    from durata.estimate.ended_in_time import simon_makuch as simon_makuch
    from durata.estimate.ended_in_time import with_duration_at_end as with_duration_at_end
    from durata.estimate.exchange import permutation_test as permutation_test
    from durata.estimate.fine_gray import fine_gray as fine_gray
    from durata.estimate.fine_gray import predicted_incidence as predicted_incidence
    from durata.estimate.firth import firth_cox as firth_cox
    from durata.estimate.firth import needs_firth as needs_firth
    from durata.estimate.glossary import Summary as Summary
    from durata.estimate.guaranteed_time import guaranteed_time as guaranteed_time
    from durata.estimate.immortal_time import immortal_time_ratio as immortal_time_ratio
    from durata.estimate.judgement import judged as judged
    from durata.estimate.milestones import conditional_survival as conditional_survival
    from durata.estimate.milestones import survival_contrasts as survival_contrasts
    from durata.estimate.nonlinearity import hazard_ratio_curve as hazard_ratio_curve
    from durata.estimate.nonlinearity import nonlinearity_test as nonlinearity_test
    from durata.estimate.permutation import permutation_log_rank as permutation_log_rank
    from durata.estimate.pooled import pool as pool
    from durata.estimate.pooled import pooled_means as pooled_means
    from durata.estimate.pooled import pooled_survival as pooled_survival
    from durata.estimate.pseudo import pseudo_value_regression as pseudo_value_regression
    from durata.estimate.pseudo import pseudo_values as pseudo_values
    from durata.estimate.rates import event_rates as event_rates
    from durata.estimate.rates import rate_ratios as rate_ratios
    from durata.estimate.reconstruction import DigitisedCurve as DigitisedCurve
    from durata.estimate.reconstruction import reconstruct_patients as reconstruct_patients
    from durata.estimate.replicated_cox import CoxModel as CoxModel
    from durata.estimate.response import response_rates as response_rates
    from durata.estimate.response import response_test as response_test
    from durata.estimate.response import response_trend as response_trend
    from durata.estimate.response import risk_differences as risk_differences
    from durata.estimate.restricted_mean import restricted_mean as restricted_mean
    from durata.estimate.restricted_mean import restricted_mean_contrasts as restricted_mean_contrasts
    from durata.estimate.result import Effects as Effects
    from durata.estimate.result import Test as Test
    from durata.estimate.ridge import ridge_cox as ridge_cox
    from durata.estimate.sensitivity import e_value as e_value
    from durata.estimate.sensitivity import tipping_point as tipping_point
    from durata.estimate.sensitivity import unmeasured_confounder as unmeasured_confounder
    from durata.estimate.sequential import sequential_effects as sequential_effects
    from durata.estimate.sequential import sequential_flow as sequential_flow
    from durata.estimate.sequential import sequential_intervals as sequential_intervals
    from durata.estimate.sequential import sequential_survival as sequential_survival
    from durata.estimate.shrinkage import shrinkage_plateau as shrinkage_plateau
    from durata.estimate.specifications import specifications as specifications
    from durata.estimate.subgroups import interaction_test as interaction_test
    from durata.estimate.tests import log_rank as log_rank
    from durata.estimate.tests import log_rank_trend as log_rank_trend
    from durata.estimate.tests import pairwise_log_rank as pairwise_log_rank
    from durata.estimate.tipping import tipping_points as tipping_points
    from durata.estimate.weighted_tests import max_combo as max_combo
    from durata.estimate.weighted_tests import weighted_log_rank as weighted_log_rank
    from durata.examples import example as example
    from durata.examples import example_figures as example_figures
    from durata.finding import CannotEstimate as CannotEstimate
    from durata.finding import DurataError as DurataError
    from durata.finding import Finding as Finding
    from durata.finding import Severity as Severity
    from durata.finding import StudyError as StudyError
    from durata.pipeline import run as run
    from durata.records.reading import read_records as read_records
    from durata.records.records import Records as Records
    from durata.records.rule_sets.catalogue import derived as derived
    from durata.rules.catalogue import lint as lint
    from durata.simulation.performance import Simulation as Simulation
    from durata.simulation.performance import simulate as simulate
    from durata.study.file import read_study as read_study
    from durata.study.schema import study_schema as study_schema
    from durata.study.types import Study as Study
    from durata.terms.declared import factor as factor
    from durata.terms.declared import interaction as interaction
    from durata.terms.declared import offset as offset
    from durata.terms.declared import spline as spline
    from durata.terms.declared import strata as strata
    from durata.terms.declared import transform as transform
    from durata.trace import trace_patient as trace_patient
    from durata.weighting.baseline_weights import weigh as weigh
    from durata.weighting.duration_weights import weigh_duration as weigh_duration
    from durata.weighting.propensity import Propensity as Propensity
    from durata.weighting.propensity import propensity as propensity

# Where each public name lives. It is imported when somebody first asks for it, so that "import durata"
# and "durata --help" load none of numpy, pandas and matplotlib.
_HOMES = {
    # a study from its files
    "read_study": "durata.study.file",
    "read_records": "durata.records.reading",
    "lint": "durata.rules.catalogue",
    "Simulation": "durata.simulation.performance",
    "simulate": "durata.simulation.performance",
    "run": "durata.pipeline",
    "trace_patient": "durata.trace",
    "study_schema": "durata.study.schema",
    "example": "durata.examples",
    "draft_study": "durata.drafting.draft",
    "template": "durata.drafting.template",
    "Study": "durata.study.types",
    "Records": "durata.records.records",
    # published figures
    "read_figures": "durata.audit.file",
    "audit_figures": "durata.audit.audit",
    "example_figures": "durata.examples",
    "Figures": "durata.audit.figures",
    "DigitisedCurve": "durata.estimate.reconstruction",
    "reconstruct_patients": "durata.estimate.reconstruction",
    # cohorts: from a design, or from any table
    "observed": "durata.designs.observed",
    "delayed_entry": "durata.designs.delayed_entry",
    "landmark": "durata.designs.landmark",
    "landmarks": "durata.designs.landmarks",
    "clones_within_grace": "durata.designs.emulated.within_grace",
    "declared_courses": "durata.designs.emulated.declared",
    "declared_plan": "durata.designs.emulated.declared",
    "History": "durata.designs.emulated.courses",
    "patient_courses": "durata.designs.emulated.courses",
    "EmulationPlan": "durata.designs.emulated.plan",
    "Strategy": "durata.designs.emulated.strategies",
    "ending_window": "durata.designs.emulated.strategies",
    "EmulatedTrial": "durata.designs.emulated.trial",
    "emulate": "durata.designs.emulated.trial",
    "time_dependent": "durata.designs.time_dependent",
    "cohort_from_frame": "durata.door",
    "cohort_from_arrays": "durata.door",
    "Cohort": "durata.cohort",
    "Weights": "durata.cohort",
    "Category": "durata.category",
    "categorise": "durata.category",
    # weights that make groups comparable
    "weigh": "durata.weighting.baseline_weights",
    "weigh_duration": "durata.weighting.duration_weights",
    "propensity": "durata.weighting.propensity",
    "Propensity": "durata.weighting.propensity",
    "balance_table": "durata.estimate.balance",
    "weight_table": "durata.estimate.balance",
    "positivity_table": "durata.estimate.balance",
    # any of them asked again of drawn people
    "bootstrap": "durata.estimate.bootstrap",
    "jackknife": "durata.estimate.bootstrap",
    "permutation_test": "durata.estimate.exchange",
    "Replicated": "durata.estimate.bootstrap",
    "CoxModel": "durata.estimate.replicated_cox",
    "Analysis": "durata.estimate.analysis",
    # curves
    "kaplan_meier": "durata.estimate.curves",
    "nelson_aalen": "durata.estimate.curves",
    "fleming_harrington": "durata.estimate.curves",
    "reverse_kaplan_meier": "durata.estimate.curves",
    "restricted_mean": "durata.estimate.restricted_mean",
    "restricted_mean_contrasts": "durata.estimate.restricted_mean",
    "guaranteed_time": "durata.estimate.guaranteed_time",
    "conditional_survival": "durata.estimate.milestones",
    "survival_contrasts": "durata.estimate.milestones",
    "pseudo_values": "durata.estimate.pseudo",
    "pseudo_value_regression": "durata.estimate.pseudo",
    # two strategies, cloned and weighted
    "cloned_survival": "durata.estimate.cloned",
    "emulated_effects": "durata.estimate.emulated",
    "emulated_incidence": "durata.estimate.emulated",
    "emulated_survival": "durata.estimate.emulated",
    "best_duration": "durata.estimate.best_duration",
    "duration_response": "durata.estimate.duration_response",
    "emulated_bootstrap": "durata.estimate.emulated_bootstrap",
    "emulated_intervals": "durata.estimate.emulated_bootstrap",
    "emulated_cause_intervals": "durata.estimate.emulated_causes",
    "emulated_causes": "durata.estimate.emulated_causes",
    "emulated_balance": "durata.estimate.emulated_diagnostics",
    "emulated_flow": "durata.estimate.emulated_diagnostics",
    "emulated_positivity": "durata.estimate.emulated_diagnostics",
    "emulated_truncation": "durata.estimate.emulated_diagnostics",
    "emulated_uptake": "durata.estimate.emulated_diagnostics",
    "emulated_weights": "durata.estimate.emulated_diagnostics",
    "emulated_doubly_robust": "durata.estimate.emulated_doubly_robust",
    "emulated_standardised": "durata.estimate.emulated_standardised",
    "cloned_restricted_mean": "durata.estimate.cloned",
    "cloned_hazard_ratio": "durata.estimate.cloned",
    # after the end of treatment against before it
    "ended_by_duration": "durata.estimate.ended_in_time",
    "ended_hazard_ratios": "durata.estimate.ended_in_time",
    "mantel_byar": "durata.estimate.ended_in_time",
    "simon_makuch": "durata.estimate.ended_in_time",
    "with_duration_at_end": "durata.estimate.ended_in_time",
    # sequential trials: ending now against going on
    "SequentialTrials": "durata.designs.sequential",
    "declared_sequential_trials": "durata.designs.sequential",
    "sequential_trials": "durata.designs.sequential",
    "sequential_effects": "durata.estimate.sequential",
    "sequential_flow": "durata.estimate.sequential",
    "sequential_intervals": "durata.estimate.sequential",
    "sequential_survival": "durata.estimate.sequential",
    # tests
    "log_rank": "durata.estimate.tests",
    "log_rank_trend": "durata.estimate.tests",
    "pairwise_log_rank": "durata.estimate.tests",
    "weighted_log_rank": "durata.estimate.weighted_tests",
    "max_combo": "durata.estimate.weighted_tests",
    "permutation_log_rank": "durata.estimate.permutation",
    # several completed data sets
    "impute": "durata.designs.imputed",
    "pool": "durata.estimate.pooled",
    "pooled_survival": "durata.estimate.pooled",
    "pooled_means": "durata.estimate.pooled",
    # competing risks
    "cause_specific": "durata.estimate.causes",
    "cumulative_incidence": "durata.estimate.competing",
    "restricted_time_in_state": "durata.estimate.competing",
    "gray_test": "durata.estimate.causes",
    "fine_gray": "durata.estimate.fine_gray",
    "predicted_incidence": "durata.estimate.fine_gray",
    # models
    "cox": "durata.estimate.cox",
    "likelihood_ratio_test": "durata.estimate.cox",
    "firth_cox": "durata.estimate.firth",
    "accelerated_failure_time": "durata.estimate.accelerated",
    "needs_firth": "durata.estimate.firth",
    "proportional_hazards_test": "durata.estimate.cox_checks",
    "concordance": "durata.estimate.cox_checks",
    "residuals": "durata.estimate.cox_checks",
    "baseline_hazard": "durata.estimate.cox_prediction",
    "predicted_survival": "durata.estimate.cox_prediction",
    "linear_predictor": "durata.estimate.cox_prediction",
    "factor": "durata.terms.declared",
    "interaction": "durata.terms.declared",
    "strata": "durata.terms.declared",
    "offset": "durata.terms.declared",
    "transform": "durata.terms.declared",
    "spline": "durata.terms.declared",
    "nonlinearity_test": "durata.estimate.nonlinearity",
    "hazard_ratio_curve": "durata.estimate.nonlinearity",
    "ridge_cox": "durata.estimate.ridge",
    # cut-points searched in the data
    "selected_cut": "durata.estimate.cutpoint",
    "selected_cuts": "durata.estimate.cutpoint",
    "cut_statistics": "durata.estimate.cutpoint",
    "selected_cut_stability": "durata.estimate.cut_stability",
    # sensitivity to what was not seen
    "e_value": "durata.estimate.sensitivity",
    "tipping_point": "durata.estimate.sensitivity",
    "immortal_time_ratio": "durata.estimate.immortal_time",
    "tipping_points": "durata.estimate.tipping",
    "shrinkage_plateau": "durata.estimate.shrinkage",
    "specifications": "durata.estimate.specifications",
    "unmeasured_confounder": "durata.estimate.sensitivity",
    # answers
    "Curve": "durata.estimate.curve",
    "Effects": "durata.estimate.result",
    "Test": "durata.estimate.result",
    "Summary": "durata.estimate.glossary",
    "interaction_test": "durata.estimate.subgroups",
    "baseline_table": "durata.estimate.baseline",
    "response_rates": "durata.estimate.response",
    "response_test": "durata.estimate.response",
    "response_trend": "durata.estimate.response",
    "risk_differences": "durata.estimate.response",
    "paired_change": "durata.estimate.change",
    "event_rates": "durata.estimate.rates",
    "rate_ratios": "durata.estimate.rates",
    "association_test": "durata.estimate.association",
    "compare_groups": "durata.estimate.comparison",
    "judged": "durata.estimate.judgement",
    "derived": "durata.records.rule_sets.catalogue",
    # what durata says
    "Finding": "durata.finding",
    "Severity": "durata.finding",
    "DurataError": "durata.finding",
    "StudyError": "durata.finding",
    "CannotEstimate": "durata.finding",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("durata")
    if name not in _HOMES:
        raise AttributeError(f"module 'durata' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
