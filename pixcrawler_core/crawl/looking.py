"""Looks at one image: the checks, and while it is decoded what its duplicates are known by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.dedup.recogniser import Study
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.records import Outcome, Stage, State
from pixcrawler_core.validation import Report

if TYPE_CHECKING:
    from pixcrawler_core.image import Image
    from pixcrawler_core.validation import Checks

Known = Mapping[str, Mapping[str, Any]]
MakeStudy = Callable[["Image", Known], Study]


def look(
    image: Image,
    known: Known,
    checks: Checks,
    make_study: MakeStudy,
    *,
    wanted: bool = False,
    report: Report | None = None,
) -> tuple[Report, Study]:
    """For worker threads. `known` is what was measured earlier; a `report` that is there is not made again.

    What a person has decided is `wanted` comes in if it can be decoded, whatever the checks say.
    """
    report = report or checks.run(image, known)
    if not report.accepted and not wanted:
        return report, Study()
    try:
        report = report if report.accepted else _overruled(report, image)
        return report, make_study(image, known)
    except DecodeError as error:
        rejected = dataclasses.replace(
            report, accepted=False, check="dedup", reason=error.reason, detail=error.detail
        )
        return rejected, Study()


def judged(outcome: Outcome, report: Report) -> Outcome:
    """The outcome of an image of which this was found out."""
    return dataclasses.replace(
        examined(outcome, report), state=outcome.state if report.accepted else State.REJECTED
    )


def examined(outcome: Outcome, report: Report) -> Outcome:
    """The outcome of a fetched image with what was found out, and nothing decided: see `report_in`."""
    return dataclasses.replace(
        outcome,
        stage=Stage.VALIDATION,
        reason=report.reason,
        detail=report.detail,
        format=report.format,
        width=report.width,
        height=report.height,
        phash=report.phash,
        scores=report.scores,
    )


def report_in(outcome: Outcome) -> Report:
    """What `examined` put into an outcome."""
    return Report(
        accepted=outcome.reason is None,
        reason=outcome.reason,
        detail=outcome.detail,
        scores=dict(outcome.scores or {}),
        format=outcome.format,
        width=outcome.width,
        height=outcome.height,
        phash=outcome.phash,
    )


def _overruled(report: Report, image: Image) -> Report:
    """The report of an image that comes in although a check rejected it. Raises DecodeError."""
    header = image.header
    return dataclasses.replace(
        report,
        accepted=True,
        check=None,
        reason=None,
        detail=None,
        format=header.format,
        width=header.width,
        height=header.height,
        phash=image.phash,
    )
