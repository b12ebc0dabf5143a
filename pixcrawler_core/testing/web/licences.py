"""Reads the licence column of a credits file and spells it as each simulated source does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pixcrawler_core.errors import ConfigError

_CC = re.compile(r"(by(?:-nc)?(?:-(?:sa|nd))?)(?:-(\d\.\d))?\b")
_PUBLIC_DOMAIN = ("pdm", "pd", "public-domain", "publicdomain", "no-restrictions")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as Openverse splits it: `code` is `by-sa`, `cc0` or `pdm`, `version` is `4.0`."""

    code: str
    version: str
    url: str

    @property
    def name(self) -> str:
        """The short name that people read and Wikimedia Commons shows: `CC BY-SA 4.0`."""
        if self.code == "pdm":
            return "Public domain"
        return "CC0" if self.code == "cc0" else f"CC {self.code.upper()} {self.version}"

    @property
    def commons_code(self) -> str:
        """The code of Wikimedia Commons: `cc-by-sa-4.0`, `cc0` or `pd`."""
        if self.code == "pdm":
            return "pd"
        return "cc0" if self.code == "cc0" else f"cc-{self.code}-{self.version}"

    @property
    def needs_attribution(self) -> bool:
        """Whether the creator must be named."""
        return self.code not in {"cc0", "pdm"}


def parse_licence(text: str, url: str = "") -> Licence:
    """Read a licence such as `CC BY-SA 4.0`, `cc0-1.0` or `Public domain`; nothing at all means CC0.

    Raises ConfigError for anything else, since a simulated source must not invent a licence.
    """
    plain = re.sub(r"[\s_]+", "-", text.strip().lower()).removeprefix("cc-")
    if plain in {"", "0"} or plain.startswith(("cc0", "zero")):
        return Licence("cc0", "1.0", url or "https://creativecommons.org/publicdomain/zero/1.0/")
    if plain.startswith(_PUBLIC_DOMAIN):
        return Licence("pdm", "1.0", url or "https://creativecommons.org/publicdomain/mark/1.0/")
    if found := _CC.match(plain):
        code, version = found[1], found[2] or "4.0"
        return Licence(code, version, url or f"https://creativecommons.org/licenses/{code}/{version}/")
    raise ConfigError(
        f"licence {text!r} is not known; write it like 'CC BY-SA 4.0', 'CC0' or 'Public domain'"
    )
