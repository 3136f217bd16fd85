"""The bundled studies, by name."""

from __future__ import annotations

from pathlib import Path

from durata.finding import CannotEstimate

HERE = Path(__file__).resolve().parent


def examples() -> tuple[str, ...]:
    """Names of the bundled studies."""
    return tuple(sorted(folder.name for folder in HERE.iterdir() if (folder / "study.toml").is_file()))


def example(name: str) -> Path:
    """Path of a bundled study's study file.

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
    return HERE / name / "study.toml"
