"""Rejects images whose format is not wanted; the bytes decide, never the name or the declared type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict

FormatName = Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF", "ICO", "JPEG2000"]


class FormatOptions(BaseModel):
    """The formats that a dataset takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed: tuple[FormatName, ...] = Field(
        default=("JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "GIF"),
        min_length=1,
        description="Allowed formats, in capitals or not. ICO (icons) and JPEG2000 are known, but left out.",
    )

    @field_validator("allowed", mode="before")
    @classmethod
    def _capitals(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return tuple(name.upper() if isinstance(name, str) else name for name in value)


def measure(image: Image) -> dict[str, Any]:
    """`format`, by Pillow's name. The reasons `unknown-format` and `empty` come from reading the header."""
    return {"format": image.header.format}


def judge(options: FormatOptions, measures: Measures) -> Verdict:
    """Reason `format-not-allowed`."""
    found = measures["format"]
    if found in options.allowed:
        return Verdict()
    return Verdict(reason="format-not-allowed", detail=f"{found} is not one of {', '.join(options.allowed)}")


def build(options: FormatOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measure, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `format`."""
    yield Validator(
        name="format",
        summary="format of the bytes",
        tier=Tier.FAST,
        order=200,
        options=FormatOptions,
        build=build,
    )
