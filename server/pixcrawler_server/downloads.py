"""What can be downloaded of exports, and whether an address that was made for a time is good."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.models import ExportStatus
from pixcrawler_core.exports.volumes import FIRST
from pixcrawler_core.provenance.reading import checked_path
from pixcrawler_server.datasets import own_export
from pixcrawler_server.errors import Conflict, Invalid, NotAvailable, NotFound
from pixcrawler_server.files import Content, file_content
from pixcrawler_server.folders import file_tag

if TYPE_CHECKING:
    from pixcrawler_core.catalog.models import Export
    from pixcrawler_core.workspace import Workspace

DOWNLOADS = "/downloads/exports"
BINARY = "application/octet-stream"
LONGEST = 255
"""Bytes of a file's name, in Linux."""


def export_path(workspace: Workspace, export: Export) -> Path:
    """Where an export lies. Raises Conflict for one that is not ready, NotAvailable for one that is gone."""
    if export.status != ExportStatus.READY:
        raise Conflict(f"the export is {export.status}; it can be downloaded when it is ready")
    path = own_export(workspace, export.path)
    if path is None or path.is_symlink() or not path.exists():
        raise NotAvailable("the files of the export are not on this server now; write it again")
    return path


def export_mark(export: Export) -> str:
    """What tells an export from another one that gets its number when it is gone: when it was asked for."""
    return to_sql_time(export.created_at)


def export_content(workspace: Workspace, export: Export, name: str | None) -> Content:
    """A file of an export: the only one, the first of its volumes, or the one of this name.

    Raises what `export_path` does, Invalid without a name for an export that is a folder, and NotFound.
    """
    path = export_path(workspace, export)
    if name is None and path.is_dir():
        raise Invalid(
            "name: the export is a folder; name one of its files",
            details={"field": "name", "constraint": "a file of the export"},
        )
    chosen = path if name is None else _inside(path, name)
    tag = (export.sha256 if chosen == path else None) or file_tag(chosen)
    return file_content(chosen, tag=tag, media_type=BINARY, name=chosen.name)


def _inside(path: Path, name: str) -> Path:
    """A file in an export's folder, or one of its volumes."""
    try:
        checked_path(name)
    except ValueError:
        raise NotFound("file", name) from None
    if path.is_dir():
        chosen = path / name
    else:
        beside = path.suffix == FIRST and name.rpartition(".")[0] == path.stem and name[-3:].isdecimal()
        chosen = path.with_name(name) if name == path.name or (beside and name[-4:-3] == ".") else path / name
    if any(len(os.fsencode(part)) > LONGEST for part in name.split("/")):
        raise NotFound("file", name[:100])
    real = chosen.resolve()
    if not chosen.is_file() or chosen.is_symlink() or not real.is_relative_to(path.parent.resolve()):
        raise NotFound("file", name)
    return chosen
