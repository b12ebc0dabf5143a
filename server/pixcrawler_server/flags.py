"""Switches by which an admin turns a part of the API off and on again while it runs."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from pixcrawler_core.catalog.models import FeatureFlag
from pixcrawler_server.catalog import Catalog
from pixcrawler_server.errors import SwitchedOff

REMEMBERED = timedelta(seconds=2)
"""How long a switch that was set may be seen as it was, in another process."""


class Flag(enum.StrEnum):
    """All switches; an operation names the one that it needs."""

    REGISTRATION = "registration"
    URL_VALIDATION = "url_validation"
    EXPORTS = "exports"


SUMMARIES: Mapping[Flag, str] = {
    Flag.REGISTRATION: "Whether anybody may register.",
    Flag.URL_VALIDATION: "Whether `/validation` fetches images of the web; those that are sent are checked.",
    Flag.EXPORTS: "Whether exports may be asked for at `/datasets/{id}/exports`.",
}


class Flags:
    """How the switches are; `defaults` are those that are not on where no admin has set them."""

    def __init__(
        self, catalog: Catalog, now: Callable[[], datetime], defaults: Mapping[Flag, bool] | None = None
    ) -> None:
        self.defaults = dict.fromkeys(Flag, True) | dict(defaults or {})
        self._catalog = catalog
        self._now = now
        self._until: datetime | None = None
        self._known: dict[str, bool] = {}

    async def on(self, flag: Flag) -> bool:
        """Whether a switch is on."""
        if self._until is None or self._until <= self._now():
            self._known = await self._catalog.read(_set)
            self._until = self._now() + REMEMBERED
        return self._known.get(flag.value, self.defaults[flag])

    async def require(self, flag: Flag) -> None:
        """Raise SwitchedOff where a switch is off."""
        if not await self.on(flag):
            raise SwitchedOff("this is switched off on this server for now", details={"flag": flag})

    def forget(self) -> None:
        """Look anew: a switch was set."""
        self._until = None


def _set() -> dict[str, bool]:
    return {each.name: bool(each.enabled) for each in FeatureFlag.select()}
