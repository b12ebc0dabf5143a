"""Policies: what the licences of images must allow, and whether an image of a manifest fits."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core.config.problems import OptionsError, parse_options
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.licences import licence_code
from pixcrawler_core.licensing.readings import Reading, readings_of, unread_address
from pixcrawler_core.licensing.terms import Terms, terms_of

Need = Literal["any", "commercial", "modification", "attribution-free"]

NEEDS: Mapping[Need, tuple[Callable[[Terms], bool], str]] = {
    "any": (lambda terms: terms.licensed, "allows no use"),
    "commercial": (lambda terms: terms.commercial, "does not allow commercial use"),
    "modification": (lambda terms: terms.modification, "does not allow changes"),
    "attribution-free": (lambda terms: terms.licensed and not terms.attribution, "asks for attribution"),
}
"""What can be asked of a licence, and what is said of one that does not fit."""


_PARTS = ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")
_VERSIONS = ("", "-1.0", "-2.0", "-2.1", "-2.5", "-3.0", "-4.0")
CODES = (
    *(f"cc-{parts}{version}" for parts in _PARTS for version in _VERSIONS),
    *("cc0", "cc0-1.0", "pdm", "pdm-1.0", "cc-pdm-1.0", "us-gov", "no-known-restrictions"),
    *("unsplash", "pexels", "pixabay", "all-rights-reserved"),
)
"""Codes of common licences: a pattern that matches none of them is taken for a mistake."""


class Rules(BaseModel):
    """What a file of a policy can say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: tuple[str, ...] | None = Field(
        default=None,
        description="Licences that fit: codes or SPDX identifiers, `*` stands for anything; without it all "
        "that are known.",
    )
    deny: tuple[str, ...] = Field(
        default=(), description="Licences that do not fit, whatever `allow` says, in the same form."
    )
    needs: tuple[Need, ...] = Field(
        default=(),
        description="What licences must allow: `commercial` use, `modification`, use without attribution.",
    )
    share_alike: bool = Field(
        default=True, description="Whether licences fit that ask for the same licence for changed works."
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """What the licence of an image must be like."""

    name: str
    """As it was asked for."""
    rules: tuple[Rules, ...]
    """A licence must fit all of them."""

    def why_not(self, entry: Mapping[str, Any]) -> str | None:
        """Why the licence of a manifest entry does not fit, in a few words; None if it does.

        `licence` and `licence_url` are read, each as a whole. What is not known never fits, and where the
        two say different things, both must fit.
        """
        readings = readings_of(entry)
        if not readings:
            return "no licence is told"
        if address := unread_address(entry):
            return f"the address {address!r} is not known as one of a licence"
        reasons = (_misfit(reading, rules) for reading in readings for rules in self.rules)
        return next(filter(None, reasons), None)


POLICIES: Mapping[str, Policy] = {name: Policy(name=name, rules=(Rules(needs=(name,)),)) for name in NEEDS}
"""The policies that have a name."""


def load_policy(text: str, folder: Path) -> Policy:
    """The policy of that name, or in that TOML file; several are joined by `+` or commas, and all must fit.

    Paths are relative to `folder`. Raises ConfigError for a name or file that is not there, and for a file
    that is no policy.
    """
    names = [text] if _is_file(folder, text) else names_of(text)
    if not names:
        raise ConfigError(f"licence policy {text!r} is empty; give {_choices()}")
    return Policy(name=text, rules=tuple(_rules(name, folder) for name in names))


def names_of(text: str) -> list[str]:
    """The names that a policy is joined of."""
    return [name for part in re.split("[+,]", text) if (name := part.strip())]


def _misfit(reading: Reading, rules: Rules) -> str | None:
    code, terms = reading
    if terms is None:
        return f"the licence {code!r} is not known"
    if denied := next((each for each in rules.deny if _matches(reading, each)), None):
        return f"{code} is denied by {denied!r}"
    if rules.allow is not None and not any(_matches(reading, each) for each in rules.allow):
        return f"{code} is not among the allowed licences"
    for need in ("any", *rules.needs):
        fits, problem = NEEDS[need]
        if not fits(terms):
            return f"{code} {problem}"
    return f"{code} is share-alike" if terms.share_alike and not rules.share_alike else None


def _matches(reading: Reading, pattern: str) -> bool:
    """Whether a licence is meant: by a pattern with `*`, or by a name, which stands for all its versions."""
    spdx = reading.terms.spdx if reading.terms else None
    names = {each.lower() for each in (reading.code, spdx) if each}
    text = pattern.strip().lower()
    if "*" in text:
        return any(fnmatchcase(name, text) for name in names)
    code = re.escape(licence_code(pattern) or text)
    return text in names or re.fullmatch(rf"{code}(?:-\d\.\d(?:-[a-z]+)?)?", reading.code) is not None


def _check(patterns: Iterable[str], policy: str) -> None:
    """Raise ConfigError for a pattern that no licence can match: what it was to deny would go out."""
    for pattern in patterns:
        text = pattern.strip().lower()
        plain = licence_code(text.replace("*", " ").strip(" -")) if text else None
        if text != "*" and (plain is None or terms_of(plain) is None) and not _is_part(text):
            raise ConfigError(
                f"licence policy {policy}: {pattern!r} is no licence that is known; "
                "give a code such as cc-by-sa or cc-by-sa-4.0, an SPDX identifier, or a pattern like cc-by-*"
            )


def _is_part(text: str) -> bool:
    """Whether a pattern matches one of the common licences."""
    return "*" in text and any(fnmatchcase(code, text) for code in CODES)


def _rules(name: str, folder: Path) -> Rules:
    if name in POLICIES:
        return POLICIES[name].rules[0]
    path = folder / name
    if not name.endswith(".toml") and not _is_file(folder, name):
        near = difflib.get_close_matches(name, NEEDS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"give {_choices()}"
        raise ConfigError(f"licence policy {name!r} is not known; {hint}")
    try:
        rules = parse_options(Rules, tomllib.loads(path.read_text("utf-8-sig")), f"licence policy {name}")
    except OptionsError as error:
        raise ConfigError(str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"licence policy {path} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"licence policy {path} cannot be read: {error.strerror}; check the path") from None
    _check((*(rules.allow or ()), *rules.deny), name)
    return rules


def _is_file(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _choices() -> str:
    return f"one of {', '.join(NEEDS)}, or the path of a TOML file"
