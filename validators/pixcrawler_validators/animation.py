"""Decides about files of several frames or pages: animated GIF, WebP, PNG and AVIF, and multi-page TIFF."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


class AnimationOptions(BaseModel):
    """What to do with several frames or pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Literal["reject", "first-frame"] = Field(
        default="reject",
        description="`reject` such a file, or judge it by its `first-frame` and keep the whole file.",
    )


def measure(image: Image) -> dict[str, Any]:
    """`animated`. A phone's JPEG with more pictures behind it (MPO) is not."""
    return {"animated": image.header.animated}


def judge(options: AnimationOptions, measures: Measures) -> Verdict:
    """Reason `animated`."""
    if not measures["animated"] or options.policy == "first-frame":
        return Verdict()
    return Verdict(reason="animated", detail="the file has more than one frame or page")


def build(options: AnimationOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measure, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `animation`."""
    yield Validator(
        name="animation",
        summary="one frame, or several",
        tier=Tier.FAST,
        order=400,
        options=AnimationOptions,
        build=build,
    )
