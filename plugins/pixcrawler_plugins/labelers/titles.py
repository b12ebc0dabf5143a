"""Makes titles, alt texts and tags from the web fit to be labels: only what they say of a picture is left."""

from __future__ import annotations

import html
from collections.abc import Iterable

from pixcrawler_core.words import folded, tidy
from pixcrawler_plugins.labelers import noise

LONGEST_READ = 2000
"""Characters of a text that are read."""
LONGEST_TAG = 60
"""Characters of a tag; what is longer is a sentence."""
MOST_READ = 1000
"""Tags that are looked at."""
ESCAPED = 2
"""How often a text may have been escaped: some pages do it twice."""
SITE_WORDS = 4
"""Words that a part behind a bar has at most, for it to be the name of a site."""
LONGEST_PHRASE = 4
"""Words of a phrase that is told once where it stands several times in a row."""


def title(text: str | None, site: str | None = None) -> str | None:
    """A title or an alt text without what does not belong to it; None if nothing is left.

    `site` is what its site is called, or its host, if that is known.
    """
    pieces = noise.SEPARATOR.split(_plain(text or ""))
    parts = [*zip(["", *pieces[1::2]], pieces[::2], strict=True)]
    own = [part for separator, part in parts if not _names_site(part, separator, site)] or pieces[:1]
    return " - ".join(_distinct(filter(None, map(_cleaned, own)))) or None


def tags(texts: Iterable[str], most: int) -> list[str]:
    """Tags without what does not belong to them, each once whatever its case; at most so many."""
    found: list[str] = []
    for _, text in zip(range(MOST_READ), texts, strict=False):
        plain = _plain(text).lstrip("# ")
        told = None if noise.MACHINE_TAG.match(plain) else _cleaned(plain)
        if told and len(told) <= LONGEST_TAG:
            found.append(told)
    return _distinct(found)[:most]


def _plain(text: str) -> str:
    """A text without markup, addresses and hashtags, on one line; a file's name as words."""
    text = noise.MARKUP.sub(" ", text[:LONGEST_READ])
    for _ in range(ESCAPED):
        text = noise.MARKUP.sub(" ", html.unescape(text))
    text = noise.ADDRESSES.sub(" ", noise.NAMESPACE.sub("", tidy(text)))
    named, endings = noise.ENDINGS.subn(" ", noise.CAMERA.sub(" ", text))
    text = noise.NUMBERS.sub(" ", named).strip().replace("_", " ")
    if " " not in text and (endings or text.count("-") > 1):
        return text.replace("-", " ")
    return text


def _names_site(part: str, separator: str, site: str | None) -> bool:
    """Whether a part of a title is the name of a site; `separator` is what stands before it."""
    name = folded(part).replace(" ", "")
    known = folded(site or "").replace(" ", "")
    if len(name) > 2 and (name == known or name in folded(site or "").split()):
        return True
    behind_bar = separator.strip() in noise.BARS and len(part.split()) <= SITE_WORDS
    return behind_bar or noise.SITE.fullmatch(part.strip(noise.EDGES)) is not None


def _cleaned(part: str) -> str | None:
    """A part of a title, or a tag, without boilerplate and repeated words; None if it says nothing."""
    text = noise.HASHTAGS.sub(" ", part)
    text = noise.BOILERPLATE.sub(" ", " ".join(text.split()))
    text = noise.EMPTY_BRACKETS.sub(" ", text)
    text = " ".join(_once(text.split())).strip(noise.EDGES)
    words = set(folded(text).split())
    if words <= noise.NOTHING or not any(map(str.isalpha, text)) or (len(text) == 1 and text.isascii()):
        return None
    return text


def _once(words: list[str]) -> list[str]:
    """Words of which no phrase stands twice in a row."""
    kept: list[str] = []
    compared: list[str] = []
    for word in words:
        kept.append(word)
        compared.append(folded(word))
        for length in range(1, LONGEST_PHRASE + 1):
            if compared[-length:] == compared[-2 * length : -length]:
                del kept[-length:], compared[-length:]
                break
    return kept


def _distinct(texts: Iterable[str]) -> list[str]:
    """Texts of which no two differ in case and punctuation only, in their order."""
    return list({folded(text): text for text in reversed([*texts])}.values())[::-1]
