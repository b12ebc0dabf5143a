"""Finds text and what may be watermarks; rejects pictures that are mostly text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.found import Box, Session
from pixcrawler_core.detectors.text_boxes import MODEL, find_text
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict

Place = Literal["none", "tiled", "corner", "edge", "centre", "elsewhere"]
WatermarkPlace = Literal["tiled", "corner", "edge", "centre"]
TILES = 5
"""Parts of nine of a picture in which there is text when it counts as tiled."""


class TextOptions(BaseModel):
    """How much text there may be, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.6, ge=0, le=1, description="Least score, that is the share of the picture that is no text."
    )
    watermarks: tuple[WatermarkPlace, ...] = Field(
        default=(),
        description="Places at which text is a watermark, and rejected: `tiled`, `corner`, `edge`, `centre`.",
    )


def place(boxes: Sequence[Box]) -> Place:
    """Where the lines are, taken together.

    `tiled`: in at least five of the nine equal parts of the picture there is the middle of a line. `corner`:
    all middles are within a third of the width and a quarter of the height of one corner. `edge`: all are in
    the upper or all in the lower quarter. `centre`: a line crosses the middle fifth.
    """
    if not boxes:
        return "none"
    middles = [(left + width / 2, top + height / 2) for left, top, width, height in boxes]
    if len({(min(2, int(3 * x)), min(2, int(3 * y))) for x, y in middles}) >= TILES:
        return "tiled"
    if all(y <= 0.25 for _, y in middles) or all(y >= 0.75 for _, y in middles):
        aside = all(x <= 1 / 3 for x, _ in middles) or all(x >= 2 / 3 for x, _ in middles)
        return "corner" if aside else "edge"
    return "centre" if any(_crosses_middle(box) for box in boxes) else "elsewhere"


def _crosses_middle(box: Box) -> bool:
    left, top, width, height = box
    return left <= 0.6 and left + width >= 0.4 and top <= 0.6 and top + height >= 0.4


def measure(session: Session, image: Image) -> dict[str, Any]:
    """`share` of the area that is text, number of `lines`, `where` they are, and `boxes` with scores."""
    text = find_text(image, session)
    return {
        "share": text.share,
        "lines": len(text.lines),
        "where": place([line.box for line in text.lines]),
        "boxes": [{"score": line.score, "box": list(line.box)} for line in text.lines],
    }


def judge(options: TextOptions, measures: Measures) -> Verdict:
    """Reasons `text` and `watermark`; the score is the share of the picture that is no text."""
    share, where = float(measures["share"]), measures["where"]
    score = round(1 - share, 4)
    told = f"text covers {share:.0%} of the picture"
    judged = partial(Verdict, score=score, threshold=options.threshold)
    if score < options.threshold:
        return judged(reason="text", detail=f"{told}: the score {score:.3f} is below {options.threshold:g}")
    if where in options.watermarks:
        return judged(reason="watermark", detail=f"{told} in {measures['lines']} lines; place: {where}")
    return judged()


def build(options: TextOptions, models: Models) -> Check:
    """The check with its options."""
    return PlainCheck(measured=partial(measure, models.session(MODEL)), judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `text`."""
    yield Validator(
        name="text",
        summary="text and watermarks: how much, and where",
        tier=Tier.SLOW,
        order=600,
        options=TextOptions,
        build=build,
        models=(MODEL,),
    )
