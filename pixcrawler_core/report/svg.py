"""Makes a drawing of Matplotlib part of a page: no inline styles, colours of the page, its fonts."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

INK, SOFT, GRID, MARK, OTHER_MARK = "#010203", "#010204", "#010205", "#010206", "#010207"
"""Colours to draw with that stand for the page's own, which are others in the dark."""
VARIABLES = {INK: "--ink", SOFT: "--soft", GRID: "--line", MARK: "--mark", OTHER_MARK: "--faint"}
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
KEPT = frozenset(
    {
        *("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray"),
        *("opacity", "fill-opacity", "stroke-opacity", "text-anchor", "font-size"),
    }
)
"""Properties that are taken from styles as attributes; the page's strict policy allows no styles."""


def inline(text: str, title: str) -> str:
    """The drawing as an element of HTML, with a title for those who do not see it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
    root = etree.fromstring(text.encode(), parser)
    for each in [*root.iter(f"{SVG}metadata", f"{SVG}style")]:
        each.getparent().remove(each)
    for each in root.iter(etree.Element):
        _plain(each)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", title)
    shown: str = etree.tostring(root, encoding="unicode")
    return shown.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)


def _plain(element: etree._Element) -> None:
    if element.tag == f"{SVG}g":
        element.attrib.pop("id", None)
    if (target := element.attrib.pop(LINK, None)) is not None:
        element.set("href", target)
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in KEPT:
            element.set(name.strip(), _colour(value.strip()))


def _colour(value: str) -> str:
    return f"var({VARIABLES[value]})" if value in VARIABLES else value
