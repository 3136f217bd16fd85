"""The style that lets a page with Chinese text be read and printed on a machine without Chinese fonts."""

from __future__ import annotations

import base64

from durata.show.fonts.bundled import FAMILY, embedded_font

# The machine's own fonts come after the bundled one, for characters beyond it.
SYSTEM = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei'"
LATIN = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans'"


def with_font(page: str) -> str:
    """An HTML page with the glyphs of its Chinese characters in its own style; any other page as it is."""
    # the first end of a style is the template's own: every word of the user is escaped
    return page.replace("</style>", f"{font_style(page)}</style>", 1)


def font_style(page: str) -> str:
    """CSS with the glyphs of a page's Chinese characters inside; empty when the page has none."""
    font = embedded_font(page)
    if not font:
        return ""
    data = base64.b64encode(font).decode("ascii")
    families = f"{LATIN}, '{FAMILY}', {SYSTEM}, sans-serif"
    return (
        f"@font-face {{ font-family: '{FAMILY}'; src: url(data:font/woff2;base64,{data}) format('woff2'); }}\n"
        f":root {{ --sans: {families}; }}\n"
        f".drawing svg {{ font-family: {families}; }}\n"
        f"code {{ font-family: var(--mono), '{FAMILY}', {SYSTEM}; }}\n"
    )
