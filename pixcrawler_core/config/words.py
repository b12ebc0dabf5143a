"""Kinds of text in job files: names after which folders can be named, and lists of different words."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from slugify import slugify

LONGEST_SLUG = 100
"""Characters: slugs become folder names, of which common file systems allow 255 bytes with their prefix."""

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _plain(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("it must not contain line breaks or other control characters")
    return text


def folder_name_problem(text: str) -> str | None:
    """Why no folder can be named after `text`; None if one can."""
    slug = slugify(text)
    if not slug:
        return "it needs a letter or a digit, since a folder is named after it"
    if len(slug) > LONGEST_SLUG:
        return f"its folder name would have {len(slug)} characters; {LONGEST_SLUG} is the most"
    return None


def _sluggable(text: str) -> str:
    if problem := folder_name_problem(text):
        raise ValueError(problem)
    return text


def different(items: tuple[str, ...]) -> tuple[str, ...]:
    """The items, of which no two are the same but for capital letters. Raises ValueError."""
    twice = [item for item, count in Counter(item.casefold() for item in items).items() if count > 1]
    if twice:
        raise ValueError(f"it has {', '.join(map(repr, twice))} more than once; remove the repetition")
    return items


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_plain),
]
Name = Annotated[Text, AfterValidator(_sluggable)]
Words = Annotated[tuple[Text, ...], AfterValidator(different)]
