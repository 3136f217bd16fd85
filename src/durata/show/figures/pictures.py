"""A matplotlib Figure printed as PNG, TIFF or PDF: the same figure gives the same bytes, without a date or a program's name."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from durata.show.drawing import Kind
from durata.show.figures.style import styled
from durata.show.fonts.bundled import has_chinese

MOST = 2**14  # dots along one side: more than a program that shows pictures is sure to open


def printed(figure: Figure, kind: Kind, dpi: int) -> bytes:
    """The figure as the bytes of a picture file of so many dots an inch.

    A figure that would have more dots along a side than programs open has fewer to the inch, and says so. Raises
    ValueError when less than one dot an inch is asked for.
    """
    if dpi < 1:
        raise ValueError(f"a picture has at least one dot an inch, not {dpi}")
    dpi = min(dpi, max(1, int(MOST / max(figure.get_size_inches()))))
    buffer = io.BytesIO()
    with styled():
        if kind == "pdf":
            # letters stay letters, as journals ask; the Chinese ones are outlines that type 42 has no room for
            matplotlib.rcParams["pdf.fonttype"] = 3 if _is_chinese(figure) else 42
            nothing = {"CreationDate": None, "Creator": None, "Producer": None}
            figure.savefig(buffer, format="pdf", metadata=nothing)
        elif kind == "png":
            # a third of the time of the smallest file, and a sixth larger
            _dots(figure, dpi).save(buffer, format="png", dpi=(dpi, dpi), compress_level=3)
        else:
            _dots(figure, dpi).save(buffer, format="tiff", dpi=(dpi, dpi), compression="tiff_lzw")
    return buffer.getvalue()


def _is_chinese(figure: Figure) -> bool:
    return any(has_chinese(text.get_text()) for text in figure.findobj(Text))


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
