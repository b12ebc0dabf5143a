"""The ways in which a job recognises duplicates, built from its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixcrawler_core.components import Deduper
from pixcrawler_core.dedup.protocols import Matcher
from pixcrawler_core.errors import DecodeError, WorkspaceError, told
from pixcrawler_core.keeping import kept_key

if TYPE_CHECKING:
    from pixcrawler_core.image import Image
    from pixcrawler_core.registry import Registry

Fingerprints = Mapping[str, Mapping[str, Any]]
"""Fingerprints of one image by the method's name."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to recognise duplicates."""

    name: str
    matcher: Matcher
    version: str
    """Differs wherever fingerprints could: they are only compared with those of the same version."""
    keeps: bool = True
    """Whether fingerprints are worth keeping."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """All its options, as JSON values."""

    @property
    def key(self) -> str:
        """Under which its fingerprints are kept by digest."""
        return f"dedup/{self.version}"

    @property
    def folder(self) -> str:
        """Name of a folder for its index."""
        return self.version.replace(":", "-")

    def fingerprint(self, image: Image, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is to be known of an image; not made again if it is among what is `known` by key.

        Raises DecodeError, with the reason `fingerprint-failed` for whatever a plugin raised, and
        WorkspaceError.
        """
        if self.key in known:
            kept: Mapping[str, Any] = known[self.key]
            return kept
        try:
            return self.matcher.fingerprint(image)
        except (DecodeError, WorkspaceError):
            raise
        except Exception as error:
            raise DecodeError("fingerprint-failed", f"method {self.name!r} failed: {told(error)}") from error


def build_methods(
    registry: Registry, names: Iterable[str], tables: Mapping[str, Mapping[str, Any]]
) -> list[Method]:
    """The methods with these names. Raises PluginError for names and options, and ModelMissing."""
    return [_method(registry, registry.get(Deduper, name), tables.get(name, {})) for name in names]


def _method(registry: Registry, deduper: Deduper, table: Mapping[str, Any]) -> Method:
    options = registry.options(deduper, table)
    return Method(
        name=deduper.name,
        matcher=registry.build(Deduper, deduper.name, table),
        version=kept_key(registry, deduper, table),
        keeps=deduper.keeps,
        options=options.model_dump(mode="json") if options else {},
    )
