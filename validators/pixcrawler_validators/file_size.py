"""Rejects files of too few bytes, which are place-holders and tracking pixels, and of too many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


class FileSizeOptions(BaseModel):
    """Limits on the bytes of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_bytes: int = Field(
        default=1024,
        ge=0,
        description="Smallest file in bytes. Below 1 KiB there are spacers and tracking pixels.",
    )
    max_bytes: int = Field(
        default=50 * 1024 * 1024,
        ge=1,
        description="Largest file in bytes; 50 MiB holds an uncompressed picture of 17 megapixels.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> FileSizeOptions:
        if self.min_bytes > self.max_bytes:
            raise ValueError(f"min_bytes ({self.min_bytes}) must not exceed max_bytes ({self.max_bytes})")
        return self


def measure(image: Image) -> dict[str, Any]:
    """`bytes`; the file is not opened."""
    return {"bytes": image.size}


def judge(options: FileSizeOptions, measures: Measures) -> Verdict:
    """Reasons `too-small-file` and `too-large-file`."""
    size = measures["bytes"]
    if size < options.min_bytes:
        detail = f"{size} bytes are fewer than {options.min_bytes}"
        return Verdict(reason="too-small-file", detail=detail)
    if size > options.max_bytes:
        detail = f"{size} bytes are more than {options.max_bytes}"
        return Verdict(reason="too-large-file", detail=detail)
    return Verdict()


def build(options: FileSizeOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measure, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `file_size`."""
    yield Validator(
        name="file_size",
        summary="bytes of the file",
        tier=Tier.FAST,
        order=100,
        options=FileSizeOptions,
        build=build,
    )
