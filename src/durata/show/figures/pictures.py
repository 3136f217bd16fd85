"""A matplotlib Figure printed as PNG, TIFF or PDF: the same figure gives the same bytes, without a date or a program's name."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from durata.show.drawing import Kind
from durata.show.figures.style import styled

MOST = 2**15  # dots along one side: more than a program that shows pictures is sure to open


def printed(figure: Figure, kind: Kind, dpi: int) -> bytes:
    """The figure as the bytes of a picture file of so many dots an inch.

    Raises ValueError when the picture would have no dots, or more than any program opens.
    """
    longest = max(figure.get_size_inches()) * dpi
    if not 1 <= longest <= MOST:
        raise ValueError(
            f"a picture of {dpi} dots an inch would be {longest:.0f} dots long; at most {MOST} can be opened"
        )
    buffer = io.BytesIO()
    with styled():
        if kind == "pdf":
            matplotlib.rcParams["pdf.fonttype"] = 42  # letters stay letters, as journals ask
            nothing = {"CreationDate": None, "Creator": None, "Producer": None}
            figure.savefig(buffer, format="pdf", metadata=nothing)
        elif kind == "png":
            # a third of the time of the smallest file, and a sixth larger
            _dots(figure, dpi).save(buffer, format="png", dpi=(dpi, dpi), compress_level=3)
        else:
            _dots(figure, dpi).save(buffer, format="tiff", dpi=(dpi, dpi), compression="tiff_lzw")
    return buffer.getvalue()


def _dots(figure: Figure, dpi: int) -> Image.Image:
    """The figure drawn on white; without an alpha channel, which journals send back."""
    before = figure.dpi
    try:
        figure.dpi = dpi
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        width, height = canvas.get_width_height()
        dots = Image.frombuffer("RGBA", (width, height), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)  # type: ignore[no-untyped-call]
        return dots.convert("RGB")
    finally:
        figure.dpi = before
