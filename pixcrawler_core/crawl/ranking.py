"""The order in which candidates and sources get their turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pixcrawler_core.licences import allows
from pixcrawler_core.records import Candidate

HALF = 25
"""Places on a page after which a candidate's relevance is halved."""
SIZE, LICENCE = 0.2, 0.1
LARGE = 1_000_000
"""What a declared size of `LARGE` pixels, and a licence for commercial use, add to a relevance of 1."""
PRIOR = (8.0, 10.0)
"""A source of which nothing is known counts as if 8 of 10 candidates had been accepted."""


def score(candidate: Candidate, place: int) -> float:
    """Higher is better: by its place on the page (from 0), its declared size, and its licence."""
    pixels = (candidate.width or 0) * (candidate.height or 0)
    free = LICENCE if allows(candidate.license, "commercial") else 0.0
    relevance: float = 0.5 ** (place / HALF)
    return relevance + SIZE * min(1.0, pixels / LARGE) + free


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of a page, best first; equal ones in the order of their source."""
    placed = sorted(enumerate(candidates), key=lambda pair: -score(pair[1], pair[0]))
    return [candidate for _, candidate in placed]


def reliability(accepted: int, judged: int) -> float:
    """The share of a source's candidates that may be expected to be accepted, 0 to 1.

    The mean of a beta distribution with the prior `PRIOR` (Laplace's rule, with more to start from).
    """
    return (accepted + PRIOR[0]) / (judged + PRIOR[1])


def by_reliability(engines: Sequence[str], yields: Mapping[str, tuple[int, int]]) -> list[str]:
    """Sources in the order in which they are asked: more reliable ones first, else as the job names them.

    Steps of a tenth, so that chance does not shuffle sources that are about as good.
    """
    return sorted(engines, key=lambda engine: -round(reliability(*yields.get(engine, (0, 0))), 1))
