"""Rejects pictures with next to nothing in them: single colours, empty pages, flat drawings of few tones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_validators.tones import Counts

NEAR = 2
"""Levels by which pixels may differ from the commonest level and belong to it: the noise of a JPEG."""
ENOUGH = 0.05
"""Share of the picture beside the commonest level from which it counts in full."""
MOST = 8.0
"""Bits of 256 equally frequent levels."""


class InformationOptions(BaseModel):
    """How little is too little."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Least entropy of what is not of the commonest tone, as a share of 8 bits; 0.4 is 3.2"
        " bits, as many as 9 equally frequent tones have; 0 lets every picture pass.",
    )


def measured(image: Image) -> dict[str, Any]:
    """`entropy`: of all grey levels, in bits; `commonest`: share of the picture that has the commonest level,
    give or take `NEAR`; `rest`: entropy of the other levels, in bits.
    """
    counts = image.levels
    peak = int(counts.argmax())
    rest = counts.copy()
    rest[max(0, peak - NEAR) : peak + NEAR + 1] = 0
    return {
        "entropy": round(entropy(counts), 3),
        "commonest": round(1 - float(rest.sum() / counts.sum()), 4),
        "rest": round(entropy(rest), 3),
    }


def entropy(counts: Counts) -> float:
    """Shannon entropy in bits of the distribution that the counts have; 0 if there is nothing."""
    shares = counts[counts > 0] / max(1.0, counts.sum())
    return abs(float((shares * np.log2(shares)).sum()))


def scored(measures: Measures) -> float:
    """Entropy beside the commonest tone as a share of 8 bits, less where hardly anything is beside it."""
    beside = min(1.0, (1 - measures["commonest"]) / ENOUGH)
    return float(measures["rest"] / MOST * beside)


def told(measures: Measures) -> str:
    """The figures of a rejection."""
    share, bits = measures["commonest"], measures["rest"]
    return f"{share:.1%} of the picture have one tone, and the others an entropy of {bits:.1f} bits"


def build(options: InformationOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measured, scored=scored, reason="low-information", told=told, threshold=options.threshold
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `information`."""
    yield Validator(
        name="information",
        summary="single colours, empty pages, flat drawings",
        tier=Tier.MEDIUM,
        order=110,
        options=InformationOptions,
        build=build,
    )
