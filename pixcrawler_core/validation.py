"""Runs the checks of a job on images: cheap ones first, the first rejection ends it, nothing escapes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.errors import ConfigError, DecodeError, WorkspaceError
from pixcrawler_core.image import Header, Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.registry import Registry

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
    """Measures, and `score` where there is one, by the check's name."""
    format: str | None = None
    width: int | None = None
    """Pixels as stored; None when no check came as far as the header."""
    height: int | None = None
    phash: str | None = None
    """Set for every accepted image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    name: str
    plugin: str
    check: Check


class Checks:
    """The checks of a job, ready to run. `run` may be called from many threads, one image each."""

    def __init__(self, steps: Iterable[_Step]) -> None:
        self._steps = (*steps, _Step(name="decode", plugin=__name__, check=_decode))
        self._failed: set[str] = set()

    @classmethod
    def build(
        cls, registry: Registry, level: Tier | str, tables: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Checks:
        """The built-in checks of the tiers up to `level`, and those that the job's tables name.

        `tables` are the job's `[validators.NAME]`. The key `enabled` (default true) switches a check off; a
        table for a check above the level switches it on. Raises PluginError for a name that no plugin has
        and for options that do not fit, ConfigError for an unknown level or a wrong `enabled`.
        """
        given = dict(tables or {})
        asked = [registry.get(Validator, name) for name in given]
        limit = _tier(level)
        default = [v for v in _built_in(registry) if v.tier <= limit and v.name not in given]
        chosen = default + [v for v in asked if _enabled(v.name, given[v.name])]
        return cls(
            _Step(
                name=v.name,
                plugin=registry.owner(Validator, v.name),
                check=registry.build(Validator, v.name, _options(given.get(v.name, {}))),
            )
            for v in sorted(chosen, key=lambda v: (v.tier, v.order, v.name))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The checks in the order in which they run."""
        return tuple(step.name for step in self._steps[:-1])

    def run(self, image: Image) -> Report:
        """Check one image. Whatever goes wrong with it is a rejection; only a WorkspaceError is raised."""
        scores: dict[str, dict[str, Any]] = {}
        for step in self._steps:
            verdict = self._ask(step, image)
            if measured := _measured(verdict):
                scores[step.name] = measured
            if verdict.reason is not None:
                return _report(image, step.name, verdict, scores)
        return _report(image, None, Verdict(), scores)

    def _ask(self, step: _Step, image: Image) -> Verdict:
        try:
            verdict = step.check(image)
            if not isinstance(verdict, Verdict):
                raise TypeError(f"a check returns a Verdict, not {verdict!r}")  # noqa: TRY301
        except DecodeError as error:
            return Verdict(reason=error.reason, detail=error.detail)
        except WorkspaceError:
            raise
        except Exception as error:  # noqa: BLE001  # the code of a plugin: recorded with the image
            return self._broken(step, error)
        return verdict

    def _broken(self, step: _Step, error: Exception) -> Verdict:
        detail = f"check {step.name!r} of plugin {step.plugin} failed: {type(error).__name__}: {error}"
        if step.name not in self._failed:
            self._failed.add(step.name)
            logger.error("%s (further failures of it are only recorded)", detail, exc_info=error)
        return Verdict(reason="check-failed", detail=detail)


def validate_images(images: Iterable[Image], checks: Checks) -> Iterator[tuple[Image, Report]]:
    """Each image with its report, one after the other, as they come."""
    for image in images:
        yield image, checks.run(image)


def _decode(image: Image) -> Verdict:
    """The core's own last step: an accepted image has a header and a perceptual hash, so it decodes."""
    _ = image.header, image.phash
    return Verdict()


def _report(image: Image, check: str | None, verdict: Verdict, scores: dict[str, dict[str, Any]]) -> Report:
    known = vars(image)  # what cached properties hold: a rejected image is not read further
    header: Header | None = known.get("header")
    return Report(
        accepted=verdict.reason is None,
        check=check,
        reason=verdict.reason,
        detail=verdict.detail,
        scores=scores,
        format=header.format if header else None,
        width=header.width if header else None,
        height=header.height if header else None,
        phash=known.get("phash"),
    )


def _measured(verdict: Verdict) -> dict[str, Any]:
    score = {} if verdict.score is None else {"score": verdict.score}
    return {**verdict.measures, **score}


def _built_in(registry: Registry) -> Iterator[Validator]:
    """Installing a package changes no run: its checks run where a job names them."""
    ours = registry.defaults.get(Validator.hook, ())
    return (v for v in registry.all(Validator).values() if registry.owner(Validator, v.name) in ours)


def _tier(level: Tier | str) -> Tier:
    if isinstance(level, Tier):
        return level
    try:
        return Tier[level.upper()]
    except KeyError:
        known = ", ".join(tier.name.lower() for tier in Tier)
        raise ConfigError(f"no validation level is called {level!r} (there are: {known})") from None


def _enabled(name: str, table: Mapping[str, Any]) -> bool:
    enabled = table.get("enabled", True)
    if not isinstance(enabled, bool):
        raise ConfigError(f"[validators.{name}] enabled must be true or false, not {enabled!r}")
    return enabled


def _options(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "enabled"}
