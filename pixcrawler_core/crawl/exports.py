"""The exports of a dataset: which formats there are, what goes out, and when they are written."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slugify import slugify

from pixcrawler_core.assembly.exporting import Exported, Watched, export_dataset, unwatched
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.config.export import FORMATS
from pixcrawler_core.errors import ConfigError, DatasetError
from pixcrawler_core.exports.volumes import standing
from pixcrawler_core.policies import POLICIES, Policy, load_policy

if TYPE_CHECKING:
    from pixcrawler_core.assembly.rendition import Rendition
    from pixcrawler_core.components import Writer
    from pixcrawler_core.config.export import ExportTable
    from pixcrawler_core.registry import Registry

logger = logging.getLogger(__name__)
LOSSY = ("jpeg", "webp", "avif", "original")
"""What `encode` can say where `quality` may be used: pictures with a format of their own may be lossy."""
DIGITS = 8
"""Hex digits that tell policies with the same name apart."""
LONGEST = 40
"""Characters of the name of a policy's file that a name tells."""


class Exports:
    """Writes a dataset in the formats of a table `[export]`; the constructor checks them and their options.

    The file of a policy is looked for in `base`; names end in `mark`, which tells them from those of others.
    Raises PluginError, ConfigError for two that would write the same file and for a policy that cannot be
    read, and ModelMissing where faces are to be blurred.
    """

    def __init__(self, registry: Registry, table: ExportTable, base: Path, mark: str = "") -> None:
        self._starts: dict[str, OpenWriter] = {}
        for name in table.formats:
            suffix = registry.get(Exporter, name).suffix
            if suffix in self._starts:
                raise ConfigError(
                    f"[export] formats: {name!r} would write the file of another one; remove one"
                )
            self._starts[suffix] = registry.build(Exporter, name, table.tables.get(name))
        policy = load_policy(table.policy, base) if table.policy and self._starts else None
        self._added = _added(table, policy) + mark
        self._outgoing = _outgoing(registry, table, policy) if self._starts else Outgoing()

    def write(self, place: Path, folder: Path, *, anew: bool) -> list[Path]:
        """Write to the folder `place` all of them `anew`, or those that are not there; returns all.

        Of an export in volumes that is the first one.
        """
        place.mkdir(exist_ok=True)
        found = ((path, None if anew else standing(path)) for path in self._paths(place, folder))
        return [there or self._write(path, folder).path for path, there in found]

    def renew(self, place: Path, folder: Path) -> list[Path]:
        """Write anew those that are there; returns them."""
        return [self._write(path, folder).path for path in self._paths(place, folder) if standing(path)]

    def each(self, place: Path, folder: Path, watched: Watched) -> Iterator[Exported]:
        """Write all of them to the folder `place`, and tell of each what went out."""
        for path in self._paths(place, folder):
            yield self._write(path, folder, watched)

    def _paths(self, place: Path, folder: Path) -> Iterator[Path]:
        return (place / f"{folder.name}{self._added}{suffix}" for suffix in self._starts)

    def _write(self, path: Path, folder: Path, watched: Watched = unwatched) -> Exported:
        name = f"{folder.name}{self._added}"
        writer, scratch = self._opened(path, name), path.with_name(f".{path.name}.scratch")
        done = export_dataset(folder, writer, self._outgoing, name, watched, scratch)
        if not done.images:
            why = ", ".join(f"{count} {reason}" for reason, count in done.left_out.most_common(5))
            logger.warning("%s has no images: none fits (%s)", done.path, why or "there are none")
        return done

    def _opened(self, path: Path, name: str) -> Writer:
        try:
            return self._starts[path.name.removeprefix(name)](path.parent, name)
        except ValueError as error:
            raise DatasetError(
                f"no export can have this name: {error}; rename the dataset's folder"
            ) from None


def _added(table: ExportTable, policy: Policy | None) -> str:
    """What a name tells of an export that is not the whole dataset as it is: all that is not as usual."""
    parts: list[str] = [*table.splits]
    parts += [_named(policy)] if policy else []
    parts += [table.resize, f"{table.size}px"] if table.size else []
    parts += ["no-enlarge"] if table.size and not table.enlarge else []
    parts += [f"max{table.max_side}px"] if table.max_side else []
    parts += [table.encode] if table.encode != "original" else []
    parts += [f"q{table.quality}"] if _is_seen(table) else []
    parts += ["blurred"] if table.blur_faces else []
    default = type(table).model_fields["metadata"].default
    parts += [f"metadata-{table.metadata}"] if table.metadata != default else []
    return "".join(f"-{part}" for part in parts)


def _is_seen(table: ExportTable) -> bool:
    """Whether pictures may be encoded with another quality than the usual one."""
    drawn = table.size or table.max_side or table.blur_faces or table.encode != "original"
    usual = type(table).model_fields["quality"].default
    return bool(drawn) and table.encode in LOSSY and table.quality != usual


def _named(policy: Policy) -> str:
    """A policy's name within that of an export; of a file's with a digest of its rules behind it."""
    names = [policy.name] if len(policy.rules) == 1 else re.split("[+,]", policy.name)
    told = [name for each in names if (name := each.strip())]
    if all(name in POLICIES for name in told):
        return "+".join(told)
    rules = json.dumps(
        [each.model_dump(mode="json", exclude_defaults=True) for each in policy.rules], sort_keys=True
    )
    digest = hashlib.sha256(rules.encode()).hexdigest()[:DIGITS]
    shown = (slugify(Path(name).stem, max_length=LONGEST) or "policy" for name in told)
    return "+".join([*shown]) + f"-{digest}"


def _outgoing(registry: Registry, table: ExportTable, policy: Policy | None) -> Outgoing:
    return Outgoing(
        change=_rendition(registry, table),
        reshapes=table.encode != "original" or bool(table.size or table.max_side),
        splits=table.splits,
        policy=policy,
    )


def _rendition(registry: Registry, table: ExportTable) -> Rendition:
    from pixcrawler_core.assembly.rendition import FACES, Rendition
    from pixcrawler_core.assembly.resizing import Resizing

    size = table.size or 0
    return Rendition(
        metadata=table.metadata,
        faces=registry.models.session(FACES) if table.blur_faces else None,
        resizing=Resizing(mode=table.resize, size=size, max_side=table.max_side, enlarge=table.enlarge),
        format=FORMATS.get(table.encode),
        quality=table.quality,
    )
