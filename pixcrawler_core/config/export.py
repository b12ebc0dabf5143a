"""The table `[export]` of the job file."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pixcrawler_core.config.table import Picks
from pixcrawler_core.config.words import Words

FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
"""Pillow's names of the formats to which pictures can be converted."""
LONGEST = 16_384
"""Pixels of a side that is asked for; WebP holds one pixel less, JPEG four times as many."""


class ExportTable(Picks):
    """What is written when the dataset is finished, with a table per format for its options."""

    formats: Words = Field(default=(), description="Formats in which the finished dataset is also written.")
    splits: tuple[Literal["train", "val", "test"], ...] = Field(
        default=(), description="Only images of these splits. Not given: all."
    )
    policy: str | None = Field(
        default=None,
        min_length=1,
        description="Which licences go out: `commercial`, `modification`, `attribution-free`, several of "
        "them parted by commas, `any` known licence, or the path of a file with "
        "[rules](licences.md#policies). Not given: all images, also those of whose licence nothing is known.",
    )
    resize: Literal["no", "keep_ratio", "border", "center_crop"] = Field(
        default="no",
        description="`keep_ratio` makes the shorter side `size` pixels long; `border` the longer one, with "
        "white borders to a square; `center_crop` the shorter one, and cuts the middle square out.",
    )
    size: int | None = Field(default=None, ge=1, le=LONGEST, description="Pixels of a side, for `resize`.")
    enlarge: bool = Field(default=True, description="Whether `resize` makes smaller pictures larger.")
    max_side: int | None = Field(
        default=None, ge=1, le=LONGEST, description="Larger pictures are reduced until no side is longer."
    )
    encode: Literal["original", "jpeg", "png", "webp", "avif"] = Field(
        default="original",
        description="Format of all exported pictures. Those that have it already keep their bytes, unless "
        "they are resized. `original`: each keeps its own.",
    )
    quality: int = Field(
        default=95, ge=1, le=100, description="Of JPEG, WebP and AVIF files that are encoded again."
    )
    metadata: Literal["keep", "no-location", "none"] = Field(
        default="no-location",
        description="What exported files tell beside their pixels: all that they came with, all but the "
        "place where they were taken, or nothing but colour profile and orientation. Pictures that are "
        "encoded again tell nothing else in any case. The dataset's own folder keeps the original bytes.",
    )
    blur_faces: bool = Field(
        default=False,
        description="Blur the faces that are found in exported pictures, which are encoded again for that. "
        "Needs the model `centerface`.",
    )

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        if (self.resize == "no") != (self.size is None):
            raise ValueError("`size` and `resize` go together: the one says how large, the other how")
        if self.max_side is not None and self.resize in ("border", "center_crop"):
            raise ValueError(f"`max_side` goes without `resize` = {self.resize!r}: `size` is all sides then")
        return self
