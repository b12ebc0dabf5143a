"""Reads names of licences, in the spellings that sources and people use, into codes.

In doubt a licence is not free: what a text says beside a name of a licence counts against it, never for it.
"""

from __future__ import annotations

import re
import unicodedata

ALL_RIGHTS = "all-rights-reserved"
LONGEST = 80
"""Characters of a code."""
READ = 2000
"""Characters of a licence that are read: longer texts are no names of licences."""
UNREAD = "unread-licence"
"""The code of what speaks of a licence and cannot be read."""
PORTS = frozenset({
    "am", "ar", "at", "au", "az", "be", "bg", "br", "ca", "ch", "cl", "cn", "co", "cr", "cz", "de",
    "dk", "ec", "ee", "eg", "es", "fi", "fr", "ge", "gr", "gt", "hk", "hr", "hu", "ie", "igo", "il",
    "in", "it", "jp", "kr", "lu", "mk", "mt", "mx", "my", "nl", "no", "nz", "pe", "ph", "pl", "pr",
    "pt", "ro", "rs", "scotland", "se", "sg", "si", "th", "tw", "ug", "uk", "us", "ve", "vn", "za",
})  # fmt: skip
"""Jurisdictions that Creative Commons ported its licences to, up to version 3.0; IGO is for international
organisations (https://creativecommons.org/licenses/list.en)."""
ELEMENTS = ("by", "nc", "nd", "sa")
"""What a licence of Creative Commons is made of, in the order of its name."""
_FOREIGN = re.compile(r"(?<=[a-z])[^\W\d_a-z]+|[^\W\d_a-z]+(?=[a-z])")
"""Letters of other scripts within a word of Latin ones: a Cyrillic `C` makes another word of `NC`."""
_PORTED = re.compile(r"-?v?(\d(?:[.-]\d)?)(?![\d.])(.*)")
_NOT_FREE = (
    *("all-rights-reserved", "in-copyright", "copyrighted", "permission"),
    *("not-in-the-public", "non-public"),
)
_NON_COMMERCIAL = re.compile(
    r"(?<![a-z])(?:by|nc|nd|sa)*nc(?:by|nd|sa)*(?=v?\d|[^a-z]|$)|comm?er|komm?er|kaupall|non-?com"
    r"|non-?profit|for-profit|(?:private|personal|editorial|educational|academic|research)-(?:use|purpose)"
)
_NO_DERIVATIVES = re.compile(
    r"(?<![a-z])(?:by|nc|nd|sa)*nd(?:by|nc|sa)*(?=v?\d|[^a-z]|$)|deriv|modif|bearbeitung|afgeleide"
)
_SHARE_ALIKE = re.compile(
    r"(?<![a-z])(?:by|nc|nd|sa)*sa(?:by|nc|nd)*(?=v?\d|[^a-z]|$)|alike|partage-dans|compartir|gleichen-bedingungen"
)
_CC = re.compile(r"(?:the-)?(?:cc|creative-?commons)((?:-?(?:by|nc|nd|sa))+)(?![a-z])(.*)")
_BARE = re.compile(r"(by(?:-?(?:nc|nd|sa)){0,3})(-?\d(?:[.-]\d)?)?")
_ZERO = re.compile(r"(?:cc|creative-?commons)-?(?:0|zero)(?:-?(\d[.-]\d))?(?:-.*)?")
_SENTENCE = re.compile(r"attribution(?![a-z]).*(?:licen[cs]e|alike|deriv|\d[.-]\d)")
_PUBLIC_DOMAIN = re.compile(r"pd|pdm|pdm-1[.-]0|mark|(?:in-the-)?public-?domain(?:-.*)?")
_GOVERNMENT = re.compile(r"(?:u-?s|united-states)(?:-federal)?-gov(?:ernment)?(?:-works?)?")
_SITE = re.compile(r"(unsplash|pexels|pixabay)(?:-content)?(?:-licen[cs]e)?")
_HARMLESS = frozenset({
    "international", "unported", "generic", "universal", "license", "licence", "licensed", "deed",
    "legalcode", "version", "intl", "int", "or", "later", "any", "all", "non", "not", "use", "only",
    "the", "of", "in", "by", "on", "at", "to", "for", "and", "en", "v", "l",
})  # fmt: skip
"""Words behind the name of a licence that change nothing."""


def folded(text: str) -> str:
    """Small Latin letters, digits, dots and plus signs, with hyphens for all else.

    A word that mixes scripts has a `~`, and is never read as a licence.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    seen = "".join(each for each in letters if unicodedata.category(each) not in {"Mn", "Cf"})
    return re.sub(r"[^a-z0-9.+~]+", "-", _FOREIGN.sub("~", seen)).strip("-")


def from_words(slug: str) -> str | None:
    """The code that a folded text means; None for what is not known."""
    if "~" in slug:
        return None
    plain = re.sub(r"-+", "-", re.sub(r"\.(?!\d)|(?<!\d)\.|\+", "-", slug)).strip("-")
    if not_free(plain):
        return ALL_RIGHTS
    if found := _SITE.fullmatch(slug):
        return found[1]
    return _from_elements(plain) or _from_sentence(plain) or _without_copyright(plain)


def not_free(plain: str) -> bool:
    """Whether a folded text says that a work is in copyright, or that one has to ask."""
    return any(words in plain for words in _NOT_FREE)


def restrictions(plain: str) -> set[str]:
    """The elements `nc`, `nd` and `sa` that a folded text speaks of, in whatever words."""
    told = (("nc", _NON_COMMERCIAL), ("nd", _NO_DERIVATIVES), ("sa", _SHARE_ALIKE))
    return {element for element, words in told if words.search(plain)}


def joined(elements: set[str], version: str | None = None, port: str | None = None) -> str:
    """The code of a licence of Creative Commons: `cc-by-nc-sa-3.0-de`."""
    named = [each for each in ELEMENTS if each in elements]
    ported = port if version and version < "4" and port in PORTS else None
    return "-".join(filter(None, ["cc", *named, version, ported]))


def elements_of(name: str) -> set[str]:
    """The elements in a name such as `by-nc-sa` or `bync`; empty if there is anything else in it."""
    found = re.fullmatch(r"(?:by|nc|nd|sa)+", re.sub(r"[-+]", "", name))
    return set(re.findall(r"by|nc|nd|sa", found[0])) if found else set()


def _from_elements(plain: str) -> str | None:
    """`CC BY-NC 4.0 International` and the like."""
    if found := _BARE.fullmatch(plain):
        return joined(elements_of(found[1]), _version(found[2]))
    if (found := _CC.fullmatch(plain)) is None:
        return None
    versioned = _PORTED.fullmatch(found[2])
    version, rest = (_version(versioned[1]), versioned[2]) if versioned else (None, found[2])
    words = [word for word in rest.split("-") if word]
    if not _is_harmless(words, version):
        return None
    return joined(elements_of(found[1]) | restrictions(rest), version, rest.strip("-"))


def _is_harmless(words: list[str], version: str | None) -> bool:
    """Whether what stands behind a name leaves it what it is: prose after a version, else known words."""
    for word in words:
        known = word in _HARMLESS or word in PORTS or word[0].isdigit() or restrictions(word)
        if not known and (version is None or len(word) < 3):
            return False
    return True


def _from_sentence(plain: str) -> str | None:
    """`Creative Commons Attribution-ShareAlike 4.0 International` and the like."""
    if "creative-commons" not in plain and not _SENTENCE.match(plain):
        return None
    if "attribution" not in plain:
        return None
    found = re.search(r"(?<![\d.])(\d[.-]\d)(?![\d.])(.*)", plain)
    version, rest = (_version(found[1]), found[2]) if found else (None, "")
    return joined({"by"} | restrictions(plain), version, rest.strip("-"))


def _without_copyright(plain: str) -> str | None:
    """Dedications and marks; one that has a condition is not known."""
    if restrictions(plain):
        return None
    if found := _ZERO.fullmatch(plain):
        return f"cc0-{_version(found[1])}" if found[1] else "cc0"
    if re.search(r"(?<![a-z0-9])cc-?(?:0|zero)(?![a-z0-9.])", plain):
        return "cc0"
    if _PUBLIC_DOMAIN.fullmatch(plain):
        return "pdm"
    known = "no-known" in plain and ("restriction" in plain or "copyright" in plain)
    if known or plain == "no-restrictions":
        return "no-known-restrictions"
    return "us-gov" if _GOVERNMENT.fullmatch(plain) else None


def _version(told: str | None) -> str | None:
    """`4.0` of `4`, `4-0` and `-4.0`."""
    digits = re.findall(r"\d", told or "")
    return ".".join([*digits, "0"][:2]) if digits else None
