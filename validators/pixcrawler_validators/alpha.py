"""Decides about transparent pictures, and about modes such as CMYK, palettes and single bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.decoding import opened
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict

Mode = Literal["1-bit", "palette", "grey", "deep", "rgb", "cmyk", "lab"]
_MODES: dict[str, Mode] = {
    "1": "1-bit",
    "P": "palette",
    "PA": "palette",
    "L": "grey",
    "LA": "grey",
    "La": "grey",
    "I": "deep",
    "F": "deep",
    "CMYK": "cmyk",
    "LAB": "lab",
}
"""By Pillow's modes; those that begin with `I;` are deep as well, all others are RGB in some form."""


class AlphaOptions(BaseModel):
    """Which modes are not wanted, and how much of a picture may be transparent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reject: tuple[Mode, ...] = Field(
        default=(),
        description="Modes that are not wanted; `grey` and `rgb` have 8 bits a channel, with alpha or"
        " without, `deep` are 16 and 32 bits of grey.",
    )
    max_transparent: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Greatest transparent share of a picture. Below 1 pictures with alpha are decoded"
        " once more; one in which nothing shows on white is rejected in any case.",
    )


def measured(options: AlphaOptions, image: Image) -> dict[str, Any]:
    """`mode`; `alpha`, whether pixels can be transparent; if so, whether anything `shows` on white.

    Where the options limit it also `transparent`: the mean over all pixels, 0 to 1.
    """
    header = image.header
    deep = header.mode.startswith("I;")
    found: dict[str, Any] = {
        "mode": "deep" if deep else _MODES.get(header.mode, "rgb"),
        "alpha": header.has_alpha and not deep,
    }
    if not found["alpha"]:
        return found
    found["shows"] = image.view.getextrema() != (255, 255)
    return found | ({"transparent": round(_transparent(image), 4)} if options.max_transparent < 1 else {})


def _transparent(image: Image) -> float:
    with opened(image.file, image.max_pixels) as (picture, _):
        picture.load()
        plain = picture if picture.mode in ("RGBA", "LA", "PA") else picture.convert("RGBA")
        levels = plain.getchannel("A").histogram()
    opaque = sum(level * count for level, count in enumerate(levels))
    return 1 - opaque / (255 * sum(levels))


def judged(options: AlphaOptions, measures: Mapping[str, Any]) -> Verdict:
    """Reasons `mode-not-allowed` and `transparent`. The score is the opaque share, where it was measured."""
    if measures["mode"] in options.reject:
        return Verdict(reason="mode-not-allowed", detail=f"the mode {measures['mode']} is not wanted")
    if not measures.get("shows", True):
        detail = "nothing shows on white: all that is not transparent is white"
        return Verdict(reason="transparent", detail=detail)
    if options.max_transparent == 1:
        return Verdict()
    share, threshold = measures.get("transparent", 0.0), 1 - options.max_transparent
    if share <= options.max_transparent:
        return Verdict(score=1 - share, threshold=threshold)
    detail = f"{share:.1%} of the picture are transparent, more than {options.max_transparent:.1%}"
    return Verdict(reason="transparent", detail=detail, score=1 - share, threshold=threshold)


def build(options: AlphaOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=partial(measured, options), judged=partial(judged, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `alpha`."""
    yield Validator(
        name="alpha",
        summary="transparency and colour mode",
        tier=Tier.FAST,
        order=910,
        options=AlphaOptions,
        build=build,
        measured_by=("max_transparent",),
    )
