"""Tells the dominant colours of a picture, with their shares and names; it rejects nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import PlainCheck
from pixcrawler_core.colours import dominant, hex_of, name_of
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


def measured(image: Image) -> dict[str, Any]:
    """`colours`: up to five, the most frequent first, each with `hex`, `share` (0 to 1) and `name`."""
    return {
        "colours": [
            {"hex": hex_of(colour), "share": round(share, 3), "name": name_of(colour)}
            for colour, share in dominant(image.pixels)
        ]
    }


def build(_: None) -> Check:
    """The check; it has no options."""
    return PlainCheck(measured=measured, judged=lambda _: Verdict())


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `colours`."""
    yield Validator(
        name="colours",
        summary="dominant colours and their names",
        tier=Tier.MEDIUM,
        order=900,
        build=build,
    )
