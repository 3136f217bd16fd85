"""A matplotlib Figure becomes a Drawing: deterministic SVG that can stand with others in one page and asks for nothing."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from functools import cache, partial

import matplotlib
from matplotlib.figure import Figure

from durata.show.drawing import Drawing
from durata.show.figures.pictures import printed
from durata.show.figures.style import styled
from durata.show.fonts.bundled import FAMILY as CHINESE_FAMILY
from durata.show.fonts.bundled import has_chinese
from durata.show.printable import printable

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
FONTS = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
CHINESE_FONTS = f"'{CHINESE_FAMILY}', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei'"
NAME = re.compile(r"[a-z][a-z0-9-]*")
POINTS_TO = re.compile(r"url\(#([^)]+)\)")
FAMILY = re.compile(r"\s*font-family:[^;]*;?")
LONG = re.compile(r"-?\d+\.\d{3,}")
COORDINATES = {"d", "x", "y", "width", "height", "transform", "points"}
NO_ROTATION = re.compile(r"rotate\(-?0 [^)]*\)")


def drawing(figure: Figure, name: str, *, title: str, alternative: str) -> Drawing:
    """The figure as SVG whose ids all begin with ``name`` (small letters, digits and hyphens).

    ``title`` and ``alternative`` become the name and the description that a screen reader says. The same figure gives
    the same bytes, wherever and whenever it is written.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a drawing: small letters, digits and hyphens, a letter first")
    if not printable(title) or not printable(alternative):
        raise ValueError(f"drawing {name!r} needs a title and an alternative text")
    buffer = io.StringIO()
    with styled():
        matplotlib.rcParams["svg.hashsalt"] = name
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())
    _forget(root, "metadata")
    _forget_style(root)
    _rename(root, name)
    _plain_text(root)
    _round(root)
    _unwrap(root)
    _describe(root, name, printable(title), printable(alternative))
    ET.register_namespace("", SVG)
    text = re.sub(r"\n\s*(?=\n)", "", ET.tostring(root, encoding="unicode", short_empty_elements=True))
    width, height = (72 * float(inches) for inches in figure.get_size_inches())
    printer = cache(partial(printed, figure))  # a figure stands in the report and in a file of its own
    return Drawing(name, text + "\n", width, height, printable(title), printable(alternative), printer)


def _forget(root: ET.Element, tag: str) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}{tag}":
                parent.remove(child)


def _forget_style(root: ET.Element) -> None:
    # a style element inside a page would speak to every other drawing in it
    _forget(root, "style")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}defs" and len(child) == 0:
                parent.remove(child)
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    root.set("font-family", _fonts("".join(root.itertext())))


def _fonts(text: str) -> str:
    """The families that a reader's machine is asked for; Chinese ones only where there is Chinese."""
    return FONTS.replace("sans-serif", f"{CHINESE_FONTS}, sans-serif") if has_chinese(text) else FONTS


def _rename(root: ET.Element, name: str) -> None:
    pointed_at: set[str] = set()
    for element in root.iter():
        link = element.attrib.pop(f"{{{XLINK}}}href", None)
        if link is not None:
            if not link.startswith("#"):
                raise ValueError(f"drawing {name!r} asks for {link!r}, which is outside of it")
            element.set("href", link)
            pointed_at.add(link[1:])
        for value in element.attrib.values():
            pointed_at.update(POINTS_TO.findall(value))
    for element in root.iter():
        given = element.get("id")
        if given is not None:
            # matplotlib numbers its own groups; a name of ours begins with "durata:"
            if given in pointed_at:
                element.set("id", f"{name}-{given}")
            else:
                del element.attrib["id"]
                if given.startswith("durata:"):
                    element.set("class", given.removeprefix("durata:"))
        if element.get("href", "").startswith("#"):
            element.set("href", f"#{name}-{element.get('href', '')[1:]}")
        for key, value in list(element.attrib.items()):
            if "url(#" in value:
                element.set(key, POINTS_TO.sub(lambda found: f"url(#{name}-{found[1]})", value))


def _plain_text(root: ET.Element) -> None:
    for element in root.iter(f"{{{SVG}}}text"):
        style = FAMILY.sub("", element.get("style", "")).strip().rstrip(";")
        element.set("style", style)
        if NO_ROTATION.fullmatch(element.get("transform", "")):
            del element.attrib["transform"]


def _round(root: ET.Element) -> None:
    # a hundredth of a point is finer than any printer
    for element in root.iter():
        for key in COORDINATES & element.attrib.keys():
            element.set(
                key, LONG.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), element.attrib[key])
            )
        if "d" in element.attrib:
            element.set("d", " ".join(element.attrib["d"].split()))


def _unwrap(parent: ET.Element) -> None:
    # matplotlib puts a group round everything; those that say nothing only make the file larger
    children: list[ET.Element] = []
    for child in parent:
        _unwrap(child)
        children.extend(child if child.tag == f"{{{SVG}}}g" and not child.attrib else [child])
    if children:
        parent[:] = children
        parent.text = None
    for child in children:
        child.tail = "\n"


def _describe(root: ET.Element, name: str, title: str, alternative: str) -> None:
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for position, (tag, text) in enumerate((("title", title), ("desc", alternative))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        element.tail = "\n "
        root.insert(position, element)
