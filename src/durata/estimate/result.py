"""The four shapes of an answer: Curve, Effects, Test, Summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from durata.estimate.curve import Curve, Stretch
from durata.estimate.glossary import GLOSSARY, Summary, Tidy, as_frame, check_columns, or_none
from durata.finding import CannotEstimate, Finding
from durata.kernels.arrays import FloatArray
from durata.kernels.profile import ProfiledCoefficients
from durata.kernels.rubin import t_quantile, t_tail
from durata.language.speaking import speak

__all__ = [
    "GLOSSARY",
    "Curve",
    "Effects",
    "Stretch",
    "Summary",
    "Term",
    "Test",
    "Tidy",
    "as_frame",
    "check_columns",
]


@dataclass(frozen=True, repr=False)
class Test(Tidy):
    """A hypothesis test: chi-square (or other) ``statistic`` with ``df`` and two-sided ``p_value``.

    ``parts`` are rows of the glossary that make up the statistic (observed and expected by group, ...). An exact test
    has no statistic and no degrees of freedom (NaN; None in ``glance``).
    """

    __test__ = False  # the field's word; pytest must not collect it

    hypothesis: str
    method: str
    statistic: float
    df: float
    p_value: float
    term: str = ""
    parts: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """The parts of the statistic, or the statistic itself."""
        return [dict(part) for part in self.parts] or [self.glance()]

    def glance(self) -> dict[str, Any]:
        """The statistic, its degrees of freedom and p-value."""
        return {
            **({"term": self.term} if self.term else {}),
            "statistic": or_none(self.statistic),
            "df": or_none(self.df),
            "p_value": self.p_value,
            "method": self.method,
        }


@dataclass(frozen=True)
class Term:
    """One coefficient: its ``name``, the ``variable`` it belongs to, and the ``level`` against ``reference`` it stands for."""

    name: str
    variable: str
    level: str = ""
    reference: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Effects(Tidy):
    """Estimates by term with their covariance, inside always on the scale of ``scale`` (log hazard ratio, ...).

    ``estimate`` (p,), ``covariance`` (p, p) is the one that intervals use (the sandwich when robust);
    ``model_covariance`` (p, p) is the inverse information. ``tests`` are the whole-model tests by name
    ("likelihood_ratio", "wald", "score", "robust_score"). With a ``profile``, limits, statistics and p-values of single
    coefficients are those of the profile likelihood, which ``method`` says; else they are Wald's, from ``covariance``.
    Effects pooled over imputations have degrees of freedom ``df`` (p,) of t in place of the normal, and the fraction of
    ``missing_information`` (p,).
    """

    terms: tuple[Term, ...]
    estimate: FloatArray
    covariance: FloatArray
    model_covariance: FloatArray
    scale: str
    method: str
    conf_level: float
    n: int
    n_people: int
    n_events: int
    robust: bool = False
    log_likelihood: float = float("nan")
    log_likelihood_null: float = float("nan")
    tests: Mapping[str, Test] = field(default_factory=dict)
    concordance: float = float("nan")
    concordance_std_error: float = float("nan")
    design: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    n_left_out: int = 0
    notes: tuple[Finding, ...] = ()
    profile: ProfiledCoefficients | None = None
    df: FloatArray | None = None
    missing_information: FloatArray | None = None

    @property
    def std_error(self) -> FloatArray:
        """(p,) standard errors from ``covariance``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def statistic(self) -> FloatArray:
        """(p,) Wald z; with a ``profile`` the signed root of the likelihood-ratio chi-square, also normal if there is no effect."""
        return self.estimate / self.std_error if self.profile is None else self.profile.statistic

    @property
    def p_value(self) -> FloatArray:
        """(p,) two-sided p-values of ``statistic``, from the survival function of the normal (of t where there are ``df``)."""
        from scipy.special import erfc

        if self.df is not None:
            return t_tail(self.statistic, self.df)

        return np.asarray(erfc(np.abs(self.statistic) / np.sqrt(2.0)), dtype=np.float64)

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """(p,), (p,) confidence limits on ``scale``: those of the ``profile``, else Wald's."""
        if self.profile is not None:
            if self.profile.conf_level != self.conf_level:
                raise CannotEstimate(
                    speak(
                        "The profile limits were computed for the confidence level {conf_level:g}, not "
                        "{conf_level_2:g}: estimate the model again with conf_level={conf_level_2:g}.",
                        conf_level=self.profile.conf_level,
                        conf_level_2=self.conf_level,
                    )
                )
            return self.profile.low, self.profile.high
        from scipy.special import ndtri

        if self.df is not None:
            reach = t_quantile(self.conf_level, self.df) * self.std_error
            return self.estimate - reach, self.estimate + reach
        half = float(ndtri(0.5 + self.conf_level / 2)) * self.std_error
        return self.estimate - half, self.estimate + half

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a term, on ``scale``."""
        low, high = self.interval()
        z, p, se = self.statistic, self.p_value, self.std_error
        return [
            {
                "term": term.name,
                "group": term.level,
                "reference": term.reference,
                "estimate": float(self.estimate[j]),
                "std_error": float(se[j]),
                "statistic": float(z[j]),
                "p_value": float(p[j]),
                "conf_low": float(low[j]),
                "conf_high": float(high[j]),
                **({} if self.df is None else {"df": float(self.df[j])}),
                **(
                    {}
                    if self.missing_information is None
                    else {"missing_information": float(self.missing_information[j])}
                ),
            }
            for j, term in enumerate(self.terms)
        ]

    def glance(self) -> dict[str, Any]:
        """Numbers of rows and events, the whole-model likelihood-ratio test and the method."""
        test = self.tests.get("likelihood_ratio")
        whole = {} if test is None else {"statistic": test.statistic, "df": test.df, "p_value": test.p_value}
        return {"n": self.n, "events": self.n_events, **whole, "method": self.method}

    def term(self, name: str) -> dict[str, Any]:
        """The row of one term; KeyError names the terms there are."""
        for row, term in zip(self.rows(), self.terms, strict=True):
            if term.name == name:
                return row
        raise KeyError(f"no term {name!r}; there are {', '.join(repr(t.name) for t in self.terms)}")
