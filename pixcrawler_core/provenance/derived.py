"""Files of a dataset that follow from its manifest, and so are proved by making them again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pixcrawler_core.assembly.label_files import SINGLE, single_file
from pixcrawler_core.assembly.label_forms import FORMS, as_row
from pixcrawler_core.assembly.manifest import MANIFEST, manifest_entries
from pixcrawler_core.assembly.names import SPLITS
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.provenance.inside import Inside, NotAFile
from pixcrawler_core.provenance.promises import Problem
from pixcrawler_core.provenance.reading import checked_path

LARGEST = 64 * 2**20
"""Bytes of a file above which it is not read: none that we write is as large."""


def derived_problems(inside: Inside, *, part: bool) -> Iterator[Problem]:
    """What is wrong with the proof of splits, and with label files of single images.

    The proof tells of the whole dataset, so that in an export of a `part` of it nothing can be said of it.
    What images moved since an earlier version does not follow from the manifest, and is not compared.
    """
    try:
        if inside.has(SPLITS) and not part:
            yield from _splits(inside)
        if inside.has(SINGLE):
            yield from _labels(inside)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, WorkspaceError, NotAFile):
        return  # the manifest, or a file that cannot be opened, is told of already


def _splits(inside: Inside) -> Iterator[Problem]:
    from pixcrawler_core.splitting.report import leak_report

    right = json.loads(json.dumps(leak_report(inside.root / MANIFEST)))
    try:
        told = json.loads(_read(inside, SPLITS))
    except ValueError:
        told = None
    if not isinstance(told, Mapping) or {**told, "moved": []} != {**right, "moved": []}:
        yield Problem("changed", SPLITS, "it is not what follows from the manifest")


def _labels(inside: Inside) -> Iterator[Problem]:
    for entry in manifest_entries(inside.root / MANIFEST):
        for form, name in _names(entry):
            if not inside.has(name):
                continue
            if _read(inside, name) != FORMS[form].single(as_row(entry)).encode("utf-8", "replace"):
                yield Problem("changed", name, "it is not what follows from the manifest")


def _names(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    path = checked_path(entry["path"])
    yield from ((form, single_file(path, form)) for form in FORMS)


def _read(inside: Inside, name: str) -> bytes:
    with inside.opened(name) as file:
        return file.read(LARGEST)
