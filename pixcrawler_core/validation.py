"""Runs the checks of a job on images: cheap ones first, the first rejection ends it, nothing escapes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.errors import DecodeError, WorkspaceError, told
from pixcrawler_core.image import Header, Image
from pixcrawler_core.keeping import kept_key
from pixcrawler_core.records import Verdict
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.tiers import chosen, options_of
from pixcrawler_core.verdicts import judged_again, plain, shown, sound

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What the checks found out about an image, in the terms of the ledger."""

    accepted: bool
    check: str | None = None
    """The check that rejected the image."""
    reason: str | None = None
    detail: str | None = None
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Measures by the check's name, with `score` and `threshold` where there are some."""
    format: str | None = None
    width: int | None = None
    """Pixels as stored; None when no check came as far as the header."""
    height: int | None = None
    phash: str | None = None
    """Set for every accepted image."""
    fresh: dict[str, Measures] = field(default_factory=dict, compare=False)
    """What was measured now and is worth keeping, by the check's key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    name: str
    plugin: str
    check: Check
    ours: bool = True
    """Whether it is built in; what others measure is checked and made plain."""
    key: str | None = None
    """Under which its measures are kept; None for checks that cost no more than a look-up."""
    contextual: bool = False

    def key_of(self, image: Image) -> str | None:
        """The key for this image: where what it was found for matters, that is part of the key."""
        if not self.contextual or self.key is None or image.candidate is None:
            return self.key
        found_for = f"{image.candidate.category}\n{image.candidate.query}"
        return f"{self.key}:{hashlib.blake2b(found_for.encode(), digest_size=8).hexdigest()}"


class Checks:
    """The checks of a job, ready to run. `run` may be called from many threads, one image each."""

    def __init__(self, steps: Iterable[_Step], *, detailed: bool = False) -> None:
        self._steps = (*steps, _Step(name="decode", plugin=__name__, check=_DECODE))
        self.detailed = detailed
        """Whether images are best opened as `detailed`: a check looks at their colours."""
        self.keeps = any(step.key for step in self._steps)
        """Whether measures of earlier runs are of use."""
        self._failed: set[str] = set()

    @classmethod
    def build(
        cls, registry: Registry, level: Tier | str, tables: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Checks:
        """The checks that `tiers.chosen` names, built.

        Raises what that raises, PluginError for options that do not fit, and ModelMissing.
        """
        given = tables or {}
        validators = chosen(registry, level, given)
        return cls(
            (_step(registry, v, options_of(given.get(v.name, {}))) for v in validators),
            detailed=any(v.tier > Tier.FAST for v in validators),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The checks in the order in which they run."""
        return tuple(step.name for step in self._steps[:-1])

    def run(self, image: Image, known: Mapping[str, Measures] | None = None) -> Report:
        """Check one image. Whatever goes wrong with it is a rejection; only a WorkspaceError is raised.

        `known` are measures that earlier runs kept of the same bytes, by the check's key.
        """
        scores: dict[str, dict[str, Any]] = {}
        fresh: dict[str, Measures] = {}
        for step in self._steps:
            key = step.key_of(image)
            measures = (known or {}).get(key) if key else None
            verdict, measured = self._ask(step, image, measures)
            if key and measured and measured is not measures:
                fresh[key] = measured
            if told := shown(measured, verdict):
                scores[step.name] = told
            if verdict.reason is not None:
                return _report(image, step.name, verdict, scores, fresh)
        return _report(image, None, Verdict(), scores, fresh)

    def holds(
        self, image: Image, known: Mapping[str, Measures], scores: Mapping[str, Mapping[str, Any]]
    ) -> bool:
        """Whether an image that was accepted once would be again, told without looking at it.

        `known` are measures kept of its bytes, by the check's key; `scores` is what the ledger has of it.
        False also where these do not suffice to tell.
        """
        for step in self._steps[:-1]:
            key = step.key_of(image)
            measures = known.get(key) if key else scores.get(step.name, {})
            verdict = None if measures is None else judged_again(step.check, measures)
            if verdict is None or verdict.reason is not None:
                return False
        return True

    def _ask(self, step: _Step, image: Image, known: Measures | None) -> tuple[Verdict, Measures]:
        if known is not None and judged_again(step.check, known):
            return step.check.judge(known), known
        try:
            measures = step.check.measure(image) if step.ours else plain(step.check.measure(image))
            verdict = sound(step.check.judge(measures))
        except DecodeError as error:
            return Verdict(reason=error.reason, detail=error.detail), {}
        except WorkspaceError:
            raise
        except Exception as error:  # noqa: BLE001  # the code of a plugin: recorded with the image
            return self._broken(step, error), {}
        return verdict, measures

    def _broken(self, step: _Step, error: Exception) -> Verdict:
        detail = f"check {step.name!r} of plugin {step.plugin} failed: {told(error)}"
        if step.name not in self._failed:
            self._failed.add(step.name)
            logger.error("%s (further ones are only recorded; --debug tells where)", detail)
            logger.debug("the failure of check %s", step.name, exc_info=error)
        return Verdict(reason="check-failed", detail=detail)


def validate_images(
    images: Iterable[Image], level: Tier | str | Checks = Tier.FAST
) -> Iterator[tuple[Image, Report]]:
    """Each image with its report, one after the other, as they come.

    `level` is `fast`, `medium` or `slow`, with default options, or checks that were built with others.
    """
    checks = level if isinstance(level, Checks) else Checks.build(load(), level)
    for image in images:
        yield image, checks.run(image)


def _decode(image: Image) -> dict[str, Any]:
    """The core's own last step: an accepted image has a header and a perceptual hash, so it decodes."""
    _ = image.header, image.phash
    return {}


_DECODE = PlainCheck(measured=_decode, judged=lambda _: Verdict())


def _step(registry: Registry, validator: Validator, options: dict[str, Any]) -> _Step:
    owner = registry.owner(Validator, validator.name)
    return _Step(
        name=validator.name,
        plugin=owner,
        check=registry.build(Validator, validator.name, options),
        ours=owner in registry.defaults.get(Validator.hook, ()),
        key=None if validator.tier is Tier.FAST else kept_key(registry, validator, options),
        contextual=validator.contextual,
    )


def _report(
    image: Image,
    check: str | None,
    verdict: Verdict,
    scores: dict[str, dict[str, Any]],
    fresh: dict[str, Measures],
) -> Report:
    held = vars(image)  # what cached properties hold: a rejected image is not read further
    header: Header | None = held.get("header")
    return Report(
        accepted=verdict.reason is None,
        check=check,
        reason=verdict.reason,
        detail=verdict.detail,
        scores=scores,
        format=header.format if header else None,
        width=header.width if header else None,
        height=header.height if header else None,
        phash=held.get("phash"),
        fresh=fresh,
    )
