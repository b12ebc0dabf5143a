"""Reads names of licences, in the spellings that sources and people use, into codes.

A text is read only as a whole. Its words must be in `vocabulary` and stand in an order that names have;
whatever else is said beside a name makes the text one that is not known, and so free for nothing.
"""

from __future__ import annotations

import re
import unicodedata

from pixcrawler_core.licensing import vocabulary

ALL_RIGHTS = "all-rights-reserved"
LONGEST = 80
"""Characters of a code."""
READ = 2000
"""Characters of a licence that are read: longer texts are no names of licences."""
SPELT = 300
"""Characters of a text that may be the name of a licence: the longest title has half of them."""
UNREAD = "unread-licence"
"""The code of what speaks of a licence and cannot be read."""
PORTS = frozenset(vocabulary.PORTS)
"""Jurisdictions that Creative Commons ported its licences to."""
ELEMENTS = tuple(vocabulary.ELEMENTS)
"""What a licence of Creative Commons is made of, in the order of its name."""
_FOREIGN = re.compile(r"(?<=[a-z])[^\W\d_a-z]+|[^\W\d_a-z]+(?=[a-z])")
"""Letters of other scripts within a word of Latin ones: a Cyrillic `C` makes another word of `NC`."""
_STRUCK = re.compile("[\u0334-\u0338\u20d0-\u20f0]")
"""Marks that strike a letter out or enclose it, unlike accents."""
_NOT_FREE = (
    *("all-rights-reserved", "in-copyright", "copyrighted", "permission"),
    *("not-in-the-public", "non-public"),
)
_JOINT = re.compile("-?[,:/]?-?")
_END = r"(?![a-z0-9.'&+])"
_TOKENS = re.compile(
    "|".join(
        [
            rf"(?P<l>\A(?:{vocabulary.LEAD})(?=-))",
            rf"(?P<t>(?:{vocabulary.TAGS}){_END})",
            rf"(?P<n>no-rights-reserved{_END})",
            rf"(?P<m>pdm{_END}|(?<=domain-)mark{_END})",
            rf"(?P<d>(?:{vocabulary.PUBLIC_DOMAIN}){_END})",
            r"(?P<z>(?:(?<=cc)|(?<=cc-)|(?<=commons-))(?:0(?![.\d])|zero(?![a-z])))",
            r"(?P<c>cc|creative-?commons(?![a-z]))",
            rf"(?P<w>(?:{vocabulary.SCOPE}){_END})",
            *(rf"(?P<{name}>{words})" for name, words in vocabulary.ELEMENTS.items()),
            *(rf"(?P<port_{code}>(?:{names}|{code}){_END})" for code, names in vocabulary.PORTS.items()),
            rf"(?P<s>{vocabulary.SEVERAL}(?![a-z]))",
            rf"(?P<v>{vocabulary.VERSION}(?![a-z]))",
        ]
    )
)
"""The words of names, each kind with a letter of its own: a group of one letter, an element, or a port."""
_CREATIVE_COMMONS = re.compile("l*(?:c+w*)?e+[wt]*(?:[vs][wt]*(?:p[wt]*)?)?")
_ZERO = re.compile("l*c+zw*v?w*(?:d[wn]*)?n?w*")
_PUBLIC_DOMAIN = re.compile("l*c?(?:d?mv?|d)[wn]*")
"""The orders in which kinds of words make names."""


def folded(text: str) -> str:
    """Small Latin letters, digits, dots and plus signs, with hyphens for all else.

    A word that mixes scripts has a `~`, and is never read as a licence.
    """
    return re.sub(r"[^a-z0-9.+~]+", "-", _letters(text)).strip("-")


def spelled(text: str) -> str:
    """A text in small letters without accents; hyphens for spaces and dashes, all else as it is.

    A full stop at its end is left out, and so are brackets around all of it.
    """
    plain = "".join("-" if unicodedata.category(each) == "Pd" else each for each in _letters(text))
    plain = re.sub(r"[\s_-]+", "-", plain).strip("-").removesuffix(".")
    return plain[1:-1] if re.fullmatch(r"\([^()]+\)|\[[^()\[\]]+\]", plain) else plain


def from_words(text: str) -> str | None:
    """The code that a text means as a whole; None for what is not known."""
    if not_free(re.sub(r"[.+-]+", "-", folded(text))):
        return ALL_RIGHTS
    plain = spelled(text)
    if "~" in plain or len(plain) > SPELT:
        return None
    if (within := re.fullmatch(r"([^()]+)\(([^()]+)\)([^()]*)", plain)) is None:
        return _named(plain)
    before, inner, behind = within.groups()
    if code := _named(_spaced(before, inner, behind)):
        return code
    return _both(_named(_spaced(before, behind)), _named(_spaced(inner)))


def not_free(slug: str) -> bool:
    """Whether a folded text says that a work is in copyright, or that one has to ask."""
    return any(words in slug for words in _NOT_FREE)


def joined(elements: set[str], version: str | None = None, port: str | None = None) -> str:
    """The code of a licence of Creative Commons: `cc-by-nc-sa-3.0-de`."""
    named = [each for each in ELEMENTS if each in elements]
    ported = port if version and version < "4" and port in PORTS else None
    return "-".join(filter(None, ["cc", *named, version, ported]))


def elements_of(name: str) -> set[str]:
    """The elements in a name such as `by-nc-sa` or `bync`; empty if there is anything else in it."""
    found = re.fullmatch(r"(?:by|nc|nd|sa)+", re.sub(r"[-+]", "", name))
    return set(re.findall(r"by|nc|nd|sa", found[0])) if found else set()


def _letters(text: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = _STRUCK.sub("~", letters)
    seen = "".join(each for each in letters if unicodedata.category(each) not in {"Mn", "Cf"})
    return _FOREIGN.sub("~", seen)


def _spaced(*parts: str) -> str:
    return re.sub("-+", "-", "-".join(parts)).strip("-")


def _both(name: str | None, other: str | None) -> str | None:
    """The code of a name and of another one in brackets, where one says the same as the other, or more."""
    if name and other and (f"{name}-".startswith(f"{other}-") or f"{other}-".startswith(f"{name}-")):
        return max(name, other, key=len)
    return None


def _named(plain: str) -> str | None:
    """The code of a name without brackets."""
    if found := re.fullmatch(vocabulary.SITE, plain):
        return found[1]
    if re.fullmatch(vocabulary.NO_RESTRICTIONS, plain):
        return "no-known-restrictions"
    if re.fullmatch(vocabulary.GOVERNMENT, plain):
        return "us-gov"
    if (tokens := _tokens(plain)) is None:
        return None
    order = "".join("e" if kind in ELEMENTS else kind[0] for kind, _ in tokens)
    if _CREATIVE_COMMONS.fullmatch(order):
        return _creative_commons(tokens, order)
    version = next((_version(word) for kind, word in tokens if kind == "v"), None)
    if _ZERO.fullmatch(order) and version in {None, "1.0"}:
        return f"cc0-{version}" if version else "cc0"
    return "pdm" if _PUBLIC_DOMAIN.fullmatch(order) and version in {None, "1.0"} else None


def _tokens(plain: str) -> list[tuple[str, str]] | None:
    """The kinds and the words of a text, from its beginning to its end; None where one is not known."""
    tokens, at = [], 0
    while at < len(plain):
        if (found := _TOKENS.match(plain, at)) is None or found.lastgroup is None:
            return None
        tokens.append((found.lastgroup, found[0]))
        at = found.end()
        if (joint := _JOINT.match(plain, at)) and joint.end() < len(plain):
            at = joint.end()
    return tokens


def _creative_commons(tokens: list[tuple[str, str]], order: str) -> str | None:
    told = dict(tokens)
    elements = told.keys() & set(ELEMENTS)
    version = _version(told.get("v") or told.get("s"))
    port = next((kind.removeprefix("port_") for kind in told if kind.startswith("port_")), None)
    if "c" not in order and not _is_name(elements, told, order):
        return None
    return None if port and version and version >= "4" else joined(elements, version, port)


def _is_name(elements: set[str], told: dict[str, str], order: str) -> bool:
    """Whether elements are a name by themselves: `by` is, and `Attribution` or `BY license` is none."""
    if "by" not in elements:
        return False
    return len(elements) > 1 or "v" in order or "s" in order or (told == {"by": "by"}) or _is_title(told)


def _is_title(told: dict[str, str]) -> bool:
    return told["by"] != "by" and "w" in told


def _version(told: str | None) -> str | None:
    """`4.0` of `4`, `4-0` and `v4.0`; the first of several."""
    digits = re.findall(r"\d", told or "")
    return ".".join([*digits, "0"][:2]) if digits else None
