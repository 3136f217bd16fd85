"""An audit: every check asked of the figures, what each says in its section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from durata.audit.checks import claims, counts, curves, follow_up, grouping, hazards, means, power, responses, survival
from durata.audit.figures import Figures
from durata.audit.seen import Check, Seen, Verdict
from durata.finding import Finding, Where
from durata.language.speaking import speaking


@dataclass(frozen=True, slots=True)
class Section:
    """A check: code, name, where it is from."""

    code: str
    name: str
    check: Check
    reference: str


SECTIONS = (
    Section("A01", "Percentages against counts", counts.percentages, ""),
    Section("A02", "Totals", counts.totals, ""),
    Section(
        "A03",
        "Means of whole numbers (GRIM, GRIMMER)",
        means.whole_numbers,
        "Brown & Heathers, Soc Psychol Personal Sci 2017;8:363; Anaya, PeerJ Preprints 2016;4:e2400",
    ),
    Section("A05", "Comparisons of counts", responses.response_tests, "Pearson 1900; Fisher 1934"),
    Section("A06", "Differences left open", responses.open_differences, "Newcombe, Stat Med 1998;17:873"),
    Section("A07", "Quartiles against groups", grouping.quartiles, "Hyndman & Fan, Am Stat 1996;50:361"),
    Section("A08", "Boundaries of groups", grouping.boundaries, ""),
    Section("A09", "Change in percent", means.changes, ""),
    Section("A10", "Hazard ratio, limits and p-value", hazards.triads, "Altman & Bland, BMJ 2011;343:d2090 and d2304"),
    Section("A11", "Events behind the limits", hazards.events_needed, "Parmar, Torri & Stewart, Stat Med 1998;17:2815"),
    Section("A12", "Survival that can occur", survival.reachable_values, "Kaplan & Meier, JASA 1958;53:457"),
    Section("A13", "Events behind survival", survival.events_implied, "Parmar, Torri & Stewart, Stat Med 1998;17:2815"),
    Section("A14", "Limits at best", survival.best_limits, "Kalbfleisch & Prentice 1980; Greenwood 1926"),
    Section("A15", "Detectable hazard ratio", power.detectable, "Schoenfeld, Biometrics 1983;39:499"),
    Section("A16", "Number of tests", power.multiplicity, "Holm, Scand J Stat 1979;6:65"),
    Section(
        "A17", "Horizons against follow-up", follow_up.horizons, "Schemper & Smith, Control Clin Trials 1996;17:343"
    ),
    Section("A18", "Follow-up against the calendar", follow_up.calendar, ""),
    Section("A19", "Time origin", follow_up.time_origin, "Suissa, Am J Epidemiol 2008;167:492"),
    Section("A20", "Conclusion against results", claims.claims, "Altman & Bland, BMJ 1995;311:485"),
    Section("A21", "Subgroups", claims.later_subgroups, "Anderson, Cain & Gelber, J Clin Oncol 1983;1:710"),
    Section(
        "A22", "Events per coefficient", power.events_per_parameter, "Peduzzi et al., J Clin Epidemiol 1995;48:1503"
    ),
    Section("A23", "Drawn curves analysed again", curves.drawn_curves, "Guyot et al., BMC Med Res Methodol 2012;12:9"),
)


@dataclass(frozen=True)
class Judged:
    """One thing the audit says: the section it belongs to, the verdict, and the finding with its numbers."""

    section: str
    verdict: Verdict
    finding: Finding


def audit_figures(figures: Figures) -> tuple[Judged, ...]:
    """Hold published figures against each other: which agree, which cannot all be right, what cannot be judged.

    Nothing but the printed numbers is used, each with everything that rounds to it. "Incoherent" is said only of what
    no data can give (severity error); what is possible but misleads is a warning. docs/audit.md lists the checks with
    their formulas.

    Parameters
    ----------
    figures : a figures file read by read_figures.

    Returns
    -------
    tuple of Judged, in the order of the checks: ``section``, ``verdict`` and ``finding`` (code, severity, sentences,
    evidence with the numbers, place in the file).

    References
    ----------
    Altman & Bland, BMJ 2011;343:d2304; Brown & Heathers, Social Psychological and Personality Science 2017;8:363;
    Parmar, Torri & Stewart, Statistics in Medicine 1998;17:2815.

    Examples
    --------
    >>> import durata as du
    >>> judged = du.audit_figures(du.read_figures(du.example_figures()))
    >>> triad = next(one.finding for one in judged if one.finding.code == "A10")
    >>> round(triad.evidence["std_error"], 3), round(triad.evidence["z"], 2)
    (0.576, -2.24)
    """
    with speaking(figures.language):
        return tuple(_judged(figures))


def _judged(figures: Figures) -> Iterator[Judged]:
    for section in SECTIONS:
        for seen in section.check(figures):
            finding = Finding(
                seen.code,
                seen.severity,
                seen.what,
                seen.evidence,
                seen.remedy,
                _where(figures, seen),
                section.reference,
            )
            yield Judged(section.name, seen.verdict, finding)


def _where(figures: Figures, seen: Seen) -> Where | None:
    """The place of the figure in the file, or of the table it would stand in."""
    if figures.file is None:
        return None
    for end in range(len(seen.keys), 0, -1):
        place = figures.file.positions.get(seen.keys[:end])
        if place is not None:
            return Where(figures.file.name, line=place[0], position=place[1])
    return Where(figures.file.name)
