"""figures/: every figure of a Document as files, in the formats asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from durata.finding import DurataError
from durata.language.speaking import speak
from durata.report.document import Document, FigureBlock
from durata.show.drawing import Drawing

FOLDER = "figures"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
FORMATS: dict[str, Callable[[Drawing], bytes]] = {
    "svg": lambda drawing: (XML + drawing.svg).encode("utf-8"),
    "pdf": lambda drawing: drawing.pdf(),
    "png": lambda drawing: drawing.png(),
    "tiff": lambda drawing: drawing.tiff(),
}
DEFAULT_FORMATS = ("svg", "png")


class UnknownFormat(DurataError):
    """A format that no figure can be written in."""

    exit_code = 2


def figure_formats(asked: str) -> tuple[str, ...]:
    """The formats named in a list with commas, each once; none for an empty list or ``none``.

    >>> figure_formats("svg, png"), figure_formats("none")
    (('svg', 'png'), ())
    """
    named = tuple(dict.fromkeys(word.strip().lower().lstrip(".") for word in asked.split(",") if word.strip()))
    if named in ((), ("none",)):
        return ()
    unknown = [word for word in named if word not in FORMATS]
    if unknown:
        raise UnknownFormat(
            speak(
                "Figures cannot be written as {unknown}; there are: {known}.",
                unknown=unknown[0],
                known=", ".join(FORMATS),
            )
        )
    return named


def figure_files(document: Document, formats: Sequence[str] = DEFAULT_FORMATS) -> dict[str, bytes]:
    """Every figure in every format, by path ("figures/figure-01-flow.svg"): pictures of 300 dots an inch."""
    drawings = [block.drawing for block in document.blocks if isinstance(block, FigureBlock)]
    return {
        f"{FOLDER}/figure-{position:02d}-{drawing.name}.{kind}": FORMATS[kind](drawing)
        for position, drawing in enumerate(drawings, start=1)
        for kind in formats
    }
