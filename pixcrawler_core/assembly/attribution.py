"""ATTRIBUTION.md: who made each image, under which licence, where it was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#|"} | {"\n": " ", "\r": " "})


def write_head(file: IO[str], name: str) -> None:
    """Title and explanation."""
    file.write(
        f"# Attribution for {plain(name)}\n\n"
        "Each image with its title, creator, licence and source, as the source told them. Check the source "
        "before you redistribute; `unknown` means that the source told nothing, not that it is free.\n\n"
    )


def write_line(file: IO[str], entry: Mapping[str, Any]) -> None:
    """One image."""
    parts = [
        f"`{entry['path']}`",
        plain(entry["title"] or "untitled"),
        f"by {plain(entry['creator'] or 'unknown')}",
        f"licence {plain(entry['licence'] or 'unknown')}",
    ]
    places = [entry["licence_url"], entry["page"] or entry["url"]]
    parts += [f"<{place}>" for place in places if place and _is_web(place)]
    file.write(f"- {', '.join(parts)}\n")


def plain(text: str) -> str:
    """Text from the web with Markdown's signs escaped, on one line."""
    return text.translate(_ESCAPED)


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://")) and not any(char in url for char in " <>\n\r\"'")
