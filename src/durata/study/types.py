"""What a study declares: one frozen type a table of the study file; every key is described here once."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, Strict, model_validator

from durata.finding import Where
from durata.language.speaking import speak
from durata.study.adam import with_adtte_columns
from durata.study.competing import refuse_competing
from durata.study.confounders import ConfoundersTable
from durata.study.data_table import DataTable
from durata.study.declared import DAYS_IN, Codes, Declared, Name, Names, Number, Numbers, Reason, TimeUnit
from durata.study.emulation import EmulationTable
from durata.study.long_tables import LongTable
from durata.study.missing import MissingTable
from durata.study.paper import Claim, Condition, Measurement, PublishedTable, Response
from durata.study.references import dangling
from durata.study.rule_sets import inputs_in_words
from durata.study.weights import WeightsTable


@dataclass(frozen=True, slots=True)
class StudySource:
    """Where a study was read from: the file, the sha256 of its bytes, and where each key stands in it.

    ``positions`` maps a dotted key (``"treatment.groups"``, list items as ``"treatment.groups.0"``) to its line and
    position, both counted from 1.
    """

    path: Path
    sha256: str
    positions: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class StudyTable(Declared):
    """[study]: what the study is called and asks."""

    title: Name = Field(description="Title of the study, printed on the report.")
    question: str = Field(default="", description="The question in one sentence, printed under the title.")
    aim: Literal["duration", "prognosis"] = Field(
        default="duration",
        description="What is asked: which duration is better, or the prognosis of those whose treatment has ended.",
    )
    population: Literal["started", "ended"] | None = Field(
        default=None,
        description="Who is in the file: everybody who started treatment, or only those whose treatment ended. "
        "Told from the data if not given, where everybody's treatment ended cannot be told from a file of the ended.",
    )
    language: Literal["en", "zh"] = Field(
        default="en", description="Language of the report and of every message: English or Chinese."
    )
    time_unit: TimeUnit = Field(
        default="months", description="Unit in which follow-up is shown and horizons are given."
    )
    month_days: Number = Field(
        default=30.4375, gt=27, lt=32, description="Days in a month, for every conversion between days and months."
    )
    small_cells: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        description="Counts of fewer patients than this, and what would give them away, are shown nowhere.",
    )
    data_cutoff: datetime.date | None = Field(
        default=None, description="Last day on which anything could be recorded; later dates are defects."
    )

    def days(self, unit: str) -> float:
        """How many days one ``unit`` of time lasts in this study."""
        return self.month_days if unit == "months" else DAYS_IN[unit]


class DurationGroup(Declared):
    """One of [treatment] groups: durations in (from, to]; the first group includes 0."""

    name: Name = Field(description="Name of the group in tables and figures.")
    from_: Number = Field(
        default=0.0, ge=0, alias="from", description="Durations longer than this (the first group includes 0)."
    )
    to: Number | None = Field(
        default=None, gt=0, description="Durations up to and including this; no key = no upper limit."
    )


class TreatmentTable(Declared):
    """[treatment]: the treatment whose duration is in question."""

    name: Name = Field(description="What is being given or waited for.")
    start: Name = Field(description="Date column: treatment starts.")
    end: Name = Field(description="Date column: treatment ends (surgery, last dose); empty when it never did.")
    end_name: Name = Field(
        default="end of treatment", description="What the end is called in the report ('surgery', 'transplantation')."
    )
    start_name: Name = Field(default="start of treatment", description="What the start is called in the report.")
    unit: TimeUnit = Field(default="months", description="Unit of the duration and of the group boundaries.")
    groups: Annotated[tuple[DurationGroup, ...], Strict(False)] = Field(
        description="Duration groups, shortest first.", min_length=2
    )
    reference: str | None = Field(
        default=None, description="Group the others are compared with; the first if not given."
    )
    cut_source: Literal["prespecified", "guideline", "data"] = Field(
        default="prespecified", description="Where the boundaries come from."
    )
    no_benefit: Condition | None = Field(
        default=None, description="Patients in whom the treatment is known not to work (a resistant genotype)."
    )
    last_dose: Name | None = Field(
        default=None, description="Date column: the last dose, where 'end' is something later (surgery)."
    )
    versions: Names = Field(
        default=(), description="Covariates that say which version of the treatment a patient had (dose, schedule)."
    )

    @model_validator(mode="after")
    def _groups_are_ordered(self) -> Self:
        names = [group.name for group in self.groups]
        if len(set(names)) < len(names):
            raise ValueError(speak("two groups have the same name"))
        for before, after in zip(self.groups, self.groups[1:], strict=False):
            if before.to is None or after.from_ < before.to:
                raise ValueError(
                    speak("group {name!r} begins before group {other!r} ends", name=after.name, other=before.name)
                )
        for group in self.groups:
            if group.to is not None and group.to <= group.from_:
                raise ValueError(speak("group {name!r} ends before it begins", name=group.name))
        if self.start == self.end:
            raise ValueError(speak("'start' and 'end' name the same column"))
        return self


class TimeTable(Declared):
    """[time]: where the clock starts."""

    zero: Literal["start", "end"] = Field(
        default="start", description="Time zero of the declared analysis: the start or the end of treatment."
    )
    landmarks: Numbers = Field(
        default=(),
        description="Landmarks beside the declared analysis, in [treatment] unit since the start: ended by then against not.",
    )

    @model_validator(mode="after")
    def _landmarks_in_order(self) -> Self:
        if any(at <= 0 for at in self.landmarks) or len(set(self.landmarks)) < len(self.landmarks):
            raise ValueError(speak("'landmarks' are different times later than the start"))
        return self


class Outcome(Declared):
    """[outcomes.<name>]: an event and how it is recorded; exactly one of the four forms.

    1. ``event`` (date columns, the earliest counts) with ``censor`` (date last known free of it);
    2. ``date`` with ``status`` and ``event_codes``;
    3. ``time`` (counted from time zero, in ``unit``) with ``status`` and ``event_codes``;
    4. ``paramcd`` with ``unit``: the rows of a CDISC ADaM file ([data] adtte), CNSR 0 being the event.
    """

    label: str = Field(default="", description="Name of the outcome in tables and figures.")
    event: Names | None = Field(default=None, description="Date columns; the earliest date is the event.")
    censor: Name | None = Field(default=None, description="Date column: last day known to be free of the event.")
    date: Name | None = Field(default=None, description="Date column: day of the event or of last contact.")
    time: Name | None = Field(default=None, description="Number column: time to the event or to last contact.")
    unit: TimeUnit = Field(default="months", description="Unit of 'time'.")
    status: Name | None = Field(default=None, description="Column that says whether 'date' or 'time' is an event.")
    paramcd: Name | None = Field(
        default=None,
        description="PARAMCD of the rows of [data] adtte that hold the outcome: AVAL is its time, counted from time zero, and "
        "CNSR 0 the event.",
    )
    event_codes: Codes | None = Field(default=None, description="Values of 'status' that mean the event.")
    censor_codes: Codes | None = Field(
        default=None,
        description="Values of 'status' that mean no event; every other value is a defect. All values other than event_codes if not given.",
    )
    competing: Names | None = Field(
        default=None,
        description="Date columns of events that make this one impossible (death without it), with 'event'; the earliest counts.",
    )
    competing_codes: Codes | None = Field(
        default=None, description="Values of 'status' that mean an event that makes this one impossible."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_adtte(cls, declared: Any) -> Any:
        return with_adtte_columns(declared) if isinstance(declared, dict) else declared

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = [self.event is not None, self.date is not None, self.time is not None]
        if sum(forms) != 1:
            raise ValueError(speak("give exactly one of 'event' (dates), 'date' (with status) or 'time' (with status)"))
        if self.event is not None:
            if self.censor is None:
                raise ValueError(speak("'event' needs 'censor': the date column last known free of the event"))
            if not self.event:
                raise ValueError(speak("'event' needs at least one date column"))
            if self.status is not None or self.event_codes is not None or self.censor_codes is not None:
                raise ValueError(
                    speak("'status', 'event_codes', 'censor_codes' belong to 'date' or 'time', not to 'event'")
                )
        elif self.status is None or not self.event_codes:
            raise ValueError(speak("'date' and 'time' need 'status' and 'event_codes'"))
        elif self.censor is not None:
            raise ValueError(speak("'censor' belongs to 'event'"))
        refuse_competing(self.event, self.competing, self.event_codes, self.censor_codes, self.competing_codes)
        both = {str(code) for code in self.event_codes or ()} & {str(code) for code in self.censor_codes or ()}
        if both:
            raise ValueError(speak("code {code!r} is among 'event_codes' and among 'censor_codes'", code=min(both)))
        return self


RuleSetName = Literal["recist", "choi", "modified_choi", "path_grade", "path_viable", "nih_risk"]


class Covariate(Declared):
    """[covariates.<name>]: a column used in models, tables or eligibility."""

    column: Name | None = Field(default=None, description="Column in the file; the covariate's own name if not given.")
    label: str = Field(default="", description="Words for tables and figures.")
    type: Literal["number", "category", "date"] = Field(default="number", description="What the column holds.")
    timing: Literal["baseline", "post"] = Field(default="baseline", description="Known at time zero, or only later.")
    levels: Annotated[tuple[int | str, ...], Strict(False)] | None = Field(
        default=None, description="Levels of a category in order; anything else is a defect."
    )
    reference: int | str | None = Field(
        default=None, description="Level the others are compared with; the first if not given."
    )
    unit: str = Field(default="", description="Unit of a number, printed beside it.")
    range: Annotated[tuple[Number, Number], Strict(False)] | None = Field(
        default=None, description="Smallest and largest possible number; anything outside is a defect."
    )
    summary: Literal["median", "mean"] = Field(
        default="median", description="How a number is described: median (quartiles) or mean and SD."
    )
    part: str = Field(
        default="", description="Heading of the table that describes it, for what is known only after time zero."
    )
    rule_set: RuleSetName | None = Field(
        default=None, description="Published rules that derive the category from 'inputs'; it is then not read."
    )
    inputs: dict[Name, Name] = Field(
        default_factory=dict, description=f"Input of the rule set = covariate that is read: {inputs_in_words()}."
    )

    @model_validator(mode="after")
    def _fits_its_rules(self) -> Self:
        if (self.rule_set is None) != (not self.inputs):
            raise ValueError(speak("'rule_set' and 'inputs' belong together"))
        if self.rule_set is not None and (
            self.type != "category" or self.column is not None or self.levels is not None
        ):
            raise ValueError(speak("a derived covariate has type = \"category\", and neither 'column' nor 'levels'"))
        return self

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type != "number" and self.range is not None:
            raise ValueError(speak("'range' belongs to numbers"))
        if self.type != "category" and (self.levels is not None or self.reference is not None):
            raise ValueError(speak("'levels' and 'reference' belong to categories"))
        if self.levels is not None and not self.levels:
            raise ValueError(speak("'levels' needs at least one level"))
        if self.levels is not None and len({str(level) for level in self.levels}) < len(self.levels):
            raise ValueError(speak("a level stands twice in 'levels'"))
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(speak("the first number of 'range' must be the smaller one"))
        return self


class Model(Declared):
    """[models.<outcome>]: the Cox model of one outcome, beside the duration groups."""

    adjust: Names = Field(default=(), description="Covariates in the model beside the duration groups.")
    strata: Names = Field(default=(), description="Category covariates with a baseline hazard of their own.")
    ties: Literal["efron", "breslow"] = Field(default="efron", description="How tied event times are handled.")
    robust: bool = Field(default=False, description="Sandwich variance (clustered by patient).")
    candidates: Names = Field(
        default=(), description="Covariates examined one by one; the covariates of 'adjust' if not given."
    )
    screen_p: Number | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Keep the candidates with a univariable p below this beside 'adjust' (as many papers do; reported as a weakness).",
    )
    firth: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Firth's penalised model beside the ordinary one: when events are few or separate, always, or never.",
    )


class Horizons(Declared):
    """[horizons]: times at which survival is read off the curves."""

    at: Numbers = Field(default=(), description="Times since time zero, in [study] time_unit.")
    restricted_mean: Number | None = Field(
        default=None, gt=0, description="Time up to which mean survival time is compared, in [study] time_unit."
    )

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if any(time <= 0 for time in self.at):
            raise ValueError(speak("every horizon must be later than time zero"))
        return self


class Study(Declared):
    """A whole study file."""

    study: StudyTable
    data: DataTable
    treatment: TreatmentTable
    time: TimeTable = TimeTable()
    outcomes: dict[Name, Outcome] = Field(description="Outcomes by name; at least one.", min_length=1)
    eligibility: dict[Name, Condition] = Field(
        default_factory=dict, description="Who is eligible; all conditions must hold."
    )
    covariates: dict[Name, Covariate] = Field(default_factory=dict, description="Covariates by name.")
    models: dict[Name, Model] = Field(default_factory=dict, description="Models by the name of their outcome.")
    horizons: Horizons = Horizons()
    missing: MissingTable = MissingTable()
    confounders: ConfoundersTable = ConfoundersTable()
    emulation: EmulationTable | None = Field(
        default=None, description="The trial to be emulated from everybody who started treatment."
    )
    tables: dict[Name, LongTable] = Field(
        default_factory=dict, description="Files with several rows per patient (scans, dated events), by name."
    )
    weights: WeightsTable | None = Field(
        default=None, description="Baseline weights: the declared analysis again with groups made comparable."
    )
    responses: dict[Name, Response] = Field(default_factory=dict, description="Response rates by name.")
    measurements: dict[Name, Measurement] = Field(
        default_factory=dict, description="Numbers before and after treatment, by name."
    )
    subgroups: dict[Name, Condition] = Field(default_factory=dict, description="Subgroups analysed, by name.")
    claims: dict[Name, Claim] = Field(default_factory=dict, description="What the authors conclude, by name.")
    published: PublishedTable | None = Field(
        default=None, description="Printed figures to be set beside this study's own."
    )
    ignore: dict[Name, Reason] = Field(
        default_factory=dict, description="Rule code = the written reason why it does not apply; printed in the report."
    )
    _source: StudySource | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Self:
        found = dangling(self.model_dump(by_alias=True, exclude_unset=True))
        if found:
            raise ValueError("; ".join(f"{'.'.join(map(str, one.keys))}: {one.message}" for one in found))
        return self

    @property
    def source(self) -> StudySource | None:
        """The file this study was read from; None for a study made in memory."""
        return self._source

    def place(self, key: str) -> Where | None:
        """Where a dotted key stands in the study file (its nearest written table if the key itself is not there)."""
        if self._source is None:
            return None
        while key and key not in self._source.positions:
            key = key.rpartition(".")[0]
        line, position = self._source.positions.get(key, (1, 1))
        return Where(self._source.path.name, line=line, position=position)

    def read_from(self, source: StudySource) -> Self:
        """The same study, remembering the file it was read from."""
        copy = self.model_copy()
        copy._source = source
        return copy
