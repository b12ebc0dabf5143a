"""The boxes of a dataset's labels, for formats of object detection."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image

logger = logging.getLogger(__name__)


class BoxOptions(BaseModel):
    """Which labels become boxes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labelers: tuple[str, ...] = Field(
        default=("objects", "faces"),
        min_length=1,
        description="Labelers whose labels are written, where they have a box.",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """What is where in a picture: shares, 0 to 1, of its width and height as it is displayed."""

    name: str
    number: int
    """Of its class, from 0 in the order in which classes came first."""
    left: float
    top: float
    width: float
    height: float
    score: float | None


class Boxes:
    """Finds the boxes of images, and numbers their classes. In memory are the names of the classes."""

    def __init__(self, options: BoxOptions) -> None:
        self._labelers = options.labelers
        self.classes: dict[str, int] = {}
        """The numbers of the classes, in ascending order."""

    def of(self, entry: Mapping[str, Any]) -> Iterator[Box]:
        """The boxes of an image, cut at the picture's edges."""
        for label in entry.get("labels") or ():
            if label.get("source") not in self._labelers or not label.get("box"):
                continue
            left, top, width, height = label["box"]
            right, bottom = min(left + width, 1.0), min(top + height, 1.0)
            left, top = max(left, 0.0), max(top, 0.0)
            if left < right and top < bottom:
                yield Box(
                    name=label["name"],
                    number=self.classes.setdefault(label["name"], len(self.classes)),
                    left=left,
                    top=top,
                    width=right - left,
                    height=bottom - top,
                    score=label.get("score"),
                )

    def warn_if_none(self, export: Path) -> None:
        """Log a warning if no image had a box: the labelers did not run."""
        if not self.classes:
            logger.warning(
                "%s has no boxes: no label of %s has one; add the labeler to [labels] and run the job again",
                export,
                " or ".join(self._labelers),
            )


def display_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels as the picture is displayed; 0 and 0 if its header cannot be read."""
    try:
        return Image(path, sha256="", size=path.stat().st_size).header.display_size
    except DecodeError:
        return 0, 0
