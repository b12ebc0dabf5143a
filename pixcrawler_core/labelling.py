"""Runs the labelers of a job on the images it keeps: what they say is checked, what goes wrong recorded."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.errors import PassingError, WorkspaceError, told
from pixcrawler_core.image import Image
from pixcrawler_core.records import Label, Labelling
from pixcrawler_core.registry import Registry

LONGEST = 200
"""Characters of a label's name and of a model's."""
SLACK = 1e-6
"""By how much a box may go beyond the picture for the sake of rounding; it is cut there."""
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line and paragraph separators, and what turns the direction of writing."""
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which no file takes."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    name: str
    plugin: str
    version: str
    label: LabelImage
    digest: str


class Labelers:
    """The labelers of a job, ready to run. `run` may be called from many threads, one image each."""

    def __init__(self, steps: Iterable[_Step] = ()) -> None:
        self._steps = tuple(steps)
        self._failed: set[str] = set()

    @classmethod
    def build(
        cls,
        registry: Registry,
        names: Iterable[str],
        tables: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Labelers:
        """The labelers of these names, in this order, with their options from the job's `[labels.NAME]`.

        Raises PluginError for a name that no plugin has and for options that do not fit.
        """
        given = tables or {}
        return cls(_step(registry, name, given.get(name, {})) for name in names)

    @property
    def digests(self) -> dict[str, str]:
        """What `Labelling.made_by` is once these labelers, as they are, have labelled an image."""
        return {step.name: step.digest for step in self._steps}

    def run(self, image: Image, earlier: Labelling | None = None) -> Labelling:
        """The labels of one image. What the same labelers, unchanged, said in `earlier` is not asked again.

        Whatever a labeler does wrong costs its own labels of this image and is told in `errors`; only a
        WorkspaceError is raised. One that fails with a PassingError is asked again by the next run.
        """
        known = earlier or Labelling()
        labels: list[Mapping[str, Any]] = []
        errors: dict[str, str] = {}
        made_by = self.digests
        for step in self._steps:
            if known.made_by.get(step.name) == step.digest:
                labels += [label for label in known.labels if label["source"] == step.name]
                errors |= {name: why for name, why in known.errors.items() if name == step.name}
                continue
            try:
                labels += [_signed(label, step) for label in step.label(image)]
            except WorkspaceError:
                raise
            except Exception as error:  # noqa: BLE001  # the code of a plugin: recorded with the image
                errors[step.name] = self._broken(step, error)
                if isinstance(error, PassingError):
                    del made_by[step.name]
        return Labelling(labels=labels, errors=errors, made_by=made_by)

    def _broken(self, step: _Step, error: Exception) -> str:
        detail = f"labeler {step.name!r} of plugin {step.plugin} failed: {told(error)}"
        if step.name not in self._failed:
            self._failed.add(step.name)
            logger.error("%s (further ones are only recorded; --debug tells where)", detail)
            logger.debug("the failure of labeler %s", step.name, exc_info=error)
        return detail


def label_name(text: str) -> str | None:
    """A text from the web as the name of a label: on one line, without what cannot be seen, 200 characters.

    None if nothing is left of it.
    """
    return _visible(text)[:LONGEST].strip() or None


def models_of(
    registry: Registry, names: Iterable[str], tables: Mapping[str, Mapping[str, Any]] | None = None
) -> set[str]:
    """The models that labelers need with their options from the job's `[labels.NAME]`.

    Raises PluginError for a name that no plugin has and for options that do not fit.
    """
    parts = {name: registry.get(Labeler, name) for name in names}
    given = tables or {}
    return {
        model
        for name, part in parts.items()
        for model in part.needed(registry.options(part, given.get(name, {})))
    }


def as_json(label: object) -> dict[str, Any]:
    """A label in JSON values, without what it does not give; its name without control characters.

    Raises TypeError for what is no Label, or has values of another type, and ValueError for a name that is
    empty or longer than 200 characters, for numbers beyond their range, and for attributes that are no JSON.
    """
    if not isinstance(label, Label):
        raise TypeError(f"a labeler gives Labels, not {repr(label)[:80]}")
    told: dict[str, Any] = {"name": _text("name", label.name)}
    if label.score is not None:
        told["score"] = _share("score", label.score)
    if label.box is not None:
        told["box"] = _box(label.box)
    if label.model is not None:
        told["model"] = _text("model", label.model)
    if label.attributes:
        told["attributes"] = json.loads(json.dumps(dict(label.attributes), allow_nan=False))
    return told


def _step(registry: Registry, name: str, table: Mapping[str, Any]) -> _Step:
    part, plugin = registry.get(Labeler, name), registry.owner(Labeler, name)
    options = registry.options(part, table)
    told = None if options is None else options.model_dump(mode="json")
    made_of = json.dumps([name, plugin, part.version, part.needed(options), told], sort_keys=True)
    return _Step(
        name=name,
        plugin=plugin,
        version=part.version,
        label=registry.build(Labeler, name, table),
        digest=hashlib.sha256(made_of.encode()).hexdigest()[:16],
    )


def _signed(label: object, step: _Step) -> dict[str, Any]:
    told = as_json(label)
    return {"name": told.pop("name"), "source": step.name, "version": step.version, **told}


def _visible(text: str) -> str:
    return " ".join(_HALVES.sub("", _UNSEEN.sub(" ", text)).split())


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the {what} of a label is text, not {repr(value)[:80]}")
    text = _visible(value)
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"the {what} of a label has 1 to {LONGEST} characters, not {len(text)}")
    return text


def _share(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"the {what} of a label is a number, not {repr(value)[:80]}")
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"the {what} of a label is from 0 to 1, not {number:g}")
    return number


def _box(box: object) -> list[float]:
    if not isinstance(box, tuple | list) or len(box) != 4:
        raise TypeError(f"the box of a label is left, top, width and height, not {repr(box)[:80]}")
    left, top, width, height = (_share("box", each) for each in box)
    inside = [left, top, min(width, 1 - left), min(height, 1 - top)]
    if min(inside[2:]) <= 0 or width - inside[2] > SLACK or height - inside[3] > SLACK:
        raise ValueError(f"the box of a label lies in the picture and has an area, unlike {repr(box)[:80]}")
    return inside
