"""Rejects images that do not decode to their end: truncated, corrupt, or too many pixels to be honest."""

from __future__ import annotations

from collections.abc import Iterator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


def judge(image: Image) -> Verdict:
    """Decode the image; the reason comes with the DecodeError (`truncated`, `corrupt`, …).

    The decoded view is kept with the image, so later checks get it for nothing.
    """
    _ = image.view
    return Verdict()


def build(_: None) -> Check:
    """The check; it has no options."""
    return judge


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
