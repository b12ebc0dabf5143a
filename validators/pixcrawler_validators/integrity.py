"""Rejects images that do not decode to their end: truncated, corrupt, or too many pixels to be honest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


def measure(image: Image) -> dict[str, Any]:
    """Decode the image; the reason comes with the DecodeError (`truncated`, `corrupt`, …).

    The decoded view is kept with the image, so later checks get it for nothing.
    """
    _ = image.view
    return {}


def judge(_: Measures) -> Verdict:
    """It was decoded."""
    return Verdict()


def build(_: None) -> Check:
    """The check; it has no options."""
    return PlainCheck(measured=measure, judged=judge)


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `integrity`."""
    yield Validator(
        name="integrity",
        summary="the image decodes to its end",
        tier=Tier.FAST,
        order=900,
        build=build,
    )
