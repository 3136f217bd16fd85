"""The bundled studies, by name."""

from __future__ import annotations

from pathlib import Path

from durata.finding import CannotEstimate

HERE = Path(__file__).resolve().parent


def examples() -> tuple[str, ...]:
    """Names of the bundled studies."""
    return tuple(sorted(folder.name for folder in HERE.iterdir() if (folder / "study.toml").is_file()))


def example(name: str, language: str | None = None) -> Path:
    """Path of a bundled study's study file: the one written in ``language`` ("zh") where there is one.

    Raises
    ------
    CannotEstimate : when there is no such study; the message names those there are.

    Examples
    --------
    >>> import durata as du
    >>> du.example("stanford").name
    'study.toml'
    """
    if name not in examples():
        raise CannotEstimate(f"There is no bundled study {name!r}; there are {', '.join(examples())}.")
    own = HERE / name / f"study.{language}.toml"
    return own if language is not None and own.is_file() else HERE / name / "study.toml"


def example_figures() -> Path:
    """Path of the bundled figures file: the numbers of the published abstract that durata was built to question.

    Examples
    --------
    >>> import durata as du
    >>> du.example_figures().name
    'figures.toml'
    """
    return HERE / "reference" / "figures.toml"
