"""What may come of a check, made sure of: plain measures, sound verdicts, and what is kept of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pixcrawler_core.checks import Measures
from pixcrawler_core.components import Check
from pixcrawler_core.records import Verdict

LONG = 256
"""Characters above which a text among the measures is kept for later runs, but not in the ledger."""
LONG_JSON = 8192
"""The same for a list or an object, in characters of JSON."""


def judged_again(check: Check, kept: Measures) -> Verdict | None:
    """What follows from kept measures; None where they are of no use, so that they are taken anew."""
    try:
        return sound(check.judge(kept))
    except Exception:  # noqa: BLE001  # if it fails again with fresh ones, that is recorded with the image
        return None


def plain(measures: object) -> dict[str, Any]:
    """Measures as JSON values. Raises TypeError or ValueError for what is none."""
    if not isinstance(measures, Mapping):
        raise TypeError(f"a check measures a mapping, not {measures!r}")
    found: dict[str, Any] = json.loads(json.dumps(dict(measures), allow_nan=False))
    return found


def sound(verdict: object) -> Verdict:
    """The verdict, if it is one. Raises TypeError or ValueError for anything else."""
    if not isinstance(verdict, Verdict):
        raise TypeError(f"a check returns a Verdict, not {verdict!r}")
    if not isinstance(verdict.reason, str | None):
        raise TypeError(f"the reason of a Verdict is a text, not {verdict.reason!r}")
    for share in (verdict.score, verdict.threshold):
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"score and threshold of a Verdict are from 0 to 1, not {share!r}")
    return verdict


def shown(measures: Measures, verdict: Verdict) -> dict[str, Any]:
    """What the ledger keeps of measures and verdict: all but what is long."""
    short = {name: value for name, value in measures.items() if not _long(value)}
    if verdict.score is not None:
        short["score"] = verdict.score
    if verdict.threshold is not None:
        short["threshold"] = verdict.threshold
    return short


def _long(value: object) -> bool:
    if isinstance(value, str):
        return len(value) > LONG
    return isinstance(value, list | dict) and len(value) > 0 and len(json.dumps(value)) > LONG_JSON
