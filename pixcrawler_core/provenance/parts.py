"""What a job ran with: its components with the packages they come from, and its models by their digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from pixcrawler_core.components import Component, Deduper, Expander, Exporter, Labeler, Part, Source
from pixcrawler_core.keywords import expanding
from pixcrawler_core.models.manifest import manifest
from pixcrawler_core.tiers import chosen, options_of
from pixcrawler_core.version import __version__

if TYPE_CHECKING:
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.registry import Registry

OURS = "pixcrawler"
"""The distribution of the built-in plugins."""


def used_parts(registry: Registry, job: Job) -> dict[str, Any]:
    """The `components` and `models` of a job's lock, as JSON values.

    A component has its `kind` and `name`, the `plugin` that gave it, that plugin's `distribution` and its
    `release`, and the component's own `version` where it tells one. Raises PluginError for names that no
    plugin has.
    """
    packages = {entry.name: _package(entry.dist) for entry in entry_points(group=OURS)}
    used = list(_used(registry, job))
    return {
        "components": [_told(registry, component, packages) for component, _ in used],
        "models": [_model(name) for name in sorted(_models(registry, job, used))],
    }


def _used(registry: Registry, job: Job) -> Iterator[tuple[Component, Mapping[str, Any]]]:
    """The components that a job picks, each with its table."""
    for engine in job.engines:
        yield registry.get(Source, engine), {}
    for validator in chosen(registry, job.job.validation, job.validator_tables):
        yield validator, options_of(job.validator_tables.get(validator.name, {}))
    picks: tuple[tuple[type[Part[Any]], tuple[str, ...], Mapping[str, Any]], ...] = (
        (Expander, job.keywords.expanders, job.keywords.tables),
        (Deduper, job.dedup.methods, job.dedup.tables),
        (Labeler, job.labels.labelers, job.labels.tables),
        (Exporter, job.export.formats, job.export.tables),
    )
    for kind, names, tables in picks:
        for name in names:
            yield registry.get(kind, name), tables.get(name, {})


def _models(registry: Registry, job: Job, used: list[tuple[Component, Mapping[str, Any]]]) -> Iterator[str]:
    names = expanding.models_of(registry, job.keywords)
    for component, table in used:
        if isinstance(component, Part) and component.models:
            names |= set(component.needed(registry.options(component, table)))
    if job.export.formats and job.export.blur_faces:
        from pixcrawler_core.detectors.centerface import MODEL

        names.add(MODEL)
    return iter(names)


def _told(
    registry: Registry, component: Component, packages: Mapping[str, tuple[str | None, str | None]]
) -> dict[str, Any]:
    plugin = registry.owner(type(component), component.name)
    built_in = plugin in registry.defaults.get(component.hook, ())
    distribution, release = (OURS, __version__) if built_in else packages.get(plugin, (None, None))
    return {
        "kind": component.kind(),
        "name": component.name,
        "plugin": plugin,
        "distribution": distribution,
        "release": release,
        "version": getattr(component, "version", None),
    }


def _package(distribution: Any) -> tuple[str | None, str | None]:
    return (distribution.name, distribution.version) if distribution is not None else (None, None)


def _model(name: str) -> dict[str, Any]:
    known = manifest().get(name)
    return {"name": name, "sha256": known and known.sha256}
