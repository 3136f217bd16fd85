"""What every chapter needs to word its numbers: sentences, time scale, labels, and hazard ratios in a row of text."""

from __future__ import annotations

from dataclasses import dataclass

from durata.estimate.analysis import Analysis, Answer, Refused
from durata.estimate.claim import Contrast
from durata.estimate.durations import durations
from durata.language.speaking import speak
from durata.report.contents import Contents
from durata.report.words import Phrases, phrases
from durata.show.effect_tables import Words
from durata.show.numbers import ratio_with_level
from durata.show.printable import inside
from durata.show.time_scale import TimeScale, time_scale
from durata.study.types import Study

SINGULAR = {"days": "day", "weeks": "week", "months": "month", "years": "year"}
"""Units of time as the study file calls them, and one of each as a table of ratios names it."""


@dataclass(frozen=True)
class Wording:
    """Contents with the words around them: ``say`` fills a sentence, ``scale`` shows times."""

    contents: Contents
    phrases: Phrases
    scale: TimeScale

    @property
    def study(self) -> Study:
        """The declared study."""
        return self.contents.study

    def say(self, key: str, **values: object) -> str:
        """A sentence of the study's language, with the study's own words for start, end and treatment."""
        return self.phrases.say(key, **{**self.known, **values})

    @property
    def known(self) -> dict[str, object]:
        """The study's own words for start, end and treatment."""
        treatment = self.study.treatment
        return {"start": treatment.start_name, "end": treatment.end_name, "treatment": treatment.name}

    def ask(self, analysis: Analysis) -> Answer | Refused:
        """The answer to an Analysis."""
        return self.contents.answers.ask(analysis)

    def durations(self) -> dict[str, str]:
        """The achieved durations of all who reached the end, each number as it is printed, in the treatment's unit."""
        summary = durations(self.study, self.contents.records)
        row, length = summary.rows()[-1], float(summary.settings["unit_days"])
        names = ("median", "quartile_1", "quartile_3", "lowest", "highest")
        return {"n": f"{row['n']}", **{name: f"{row[name] / length:.3g}" for name in names}}

    def outcome(self, name: str) -> str:
        """The label of an outcome."""
        return self.study.outcomes[name].label or name

    def within(self, name: str) -> str:
        """The label of an outcome as it stands inside a sentence."""
        return inside(self.outcome(name))

    def covariate(self, name: str) -> str:
        """The label of a covariate as it stands inside a sentence."""
        declared = self.study.covariates.get(name)
        label = declared.label if declared is not None and declared.label else name
        return inside(label)

    def covariates(self, names: tuple[str, ...]) -> str:
        """Covariates as an enumeration."""
        return self.phrases.join([self.covariate(name) for name in names])

    def adjusted(self, names: tuple[str, ...]) -> str:
        """The words that say what a hazard ratio is adjusted for, empty for none."""
        return self.say("lesson.adjusted", covariates=self.covariates(names)) if names else ""

    def unit(self, name: str) -> str:
        """A unit of time of the study file in the study's language."""
        return speak(name)

    def counted_unit(self, name: str) -> str:
        """A unit of time as it stands after a number: "months", and in Chinese with its measure word."""
        return speak(f"{{n}} {name}", n="").strip()

    def table_words(self, group: str = "") -> Words:
        """What variables are called in tables and figures; ``group`` is what the exposure is called."""
        variables = {name: one.label for name, one in self.study.covariates.items() if one.label}
        units = {
            name: speak(SINGULAR[one.unit]) if one.unit in SINGULAR else one.unit
            for name, one in self.study.covariates.items()
            if one.unit
        }
        return Words({"group": group or self.say("outcome.group"), **variables}, units)


def wording(contents: Contents) -> Wording:
    """Words for contents, in the study's language."""
    return Wording(contents, phrases(contents.study.study.language), time_scale(contents.study))


def ratio_words(contrast: Contrast) -> str:
    """A hazard ratio with its interval, the interval's level named."""
    return ratio_with_level(contrast.hazard_ratio, contrast.conf_low, contrast.conf_high, contrast.conf_level)
