"""ATTRIBUTION.md: a sentence for each image with title, author, source and licence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

from pixcrawler_core.licensing.sentences import attribution
from pixcrawler_core.words import tidy

_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#|~!&:@"})
"""Signs of Markdown, of HTML, and of what viewers turn into links by themselves."""
_SITE = re.compile(r"(www)\.", re.IGNORECASE)


def write_head(file: IO[str], name: str) -> None:
    """Title and explanation."""
    file.write(
        f"# Attribution for {plain(name)}\n\n"
        "The images by category, each with its title, maker, licence and source, as the source told them. "
        "Check the source before you redistribute. An unknown licence means that the source told nothing "
        "that is understood, not that the image is free.\n\n"
    )


def write_line(file: IO[str], entry: Mapping[str, Any]) -> None:
    """One image, a row of the manifest."""
    file.write(f"- `{entry['path']}`: {attribution(entry, plain, _link)}\n")


def plain(text: str) -> str:
    """Text from the web as Markdown that shows nothing but this text, on one line."""
    return _SITE.sub(r"\1\\.", tidy(text).translate(_ESCAPED))


def _link(address: str) -> str:
    return f"<{address}>"
