"""What cannot be found in a collection that is not to be changed, and so cannot be mended."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.dedup.files import FileTable
    from pixcrawler_core.dedup.methods import Method

logger = logging.getLogger(__name__)


def check_lacking(
    folder: Path, methods: Sequence[Method], numbers: Mapping[str, int], files: FileTable
) -> None:
    """Warn of files that a method never studied. Raises WorkspaceError where the index of one is lost."""
    for method in methods:
        number = numbers[method.version]
        there = (folder / method.folder).is_dir()
        if not there and next(files.sound(number), None) is not None:
            raise WorkspaceError(
                f"the collection {folder} has lost its index {method.folder}; run pixcrawler dedup with "
                f"--index {folder} and --method {method.name}, which makes it again"
            )
        if count := files.unstudied(number):
            logger.warning(
                "the collection %s: %d of its files are not compared by %s, which never studied them; run "
                "pixcrawler dedup on them with --index and --method %s",
                folder,
                count,
                method.name,
                method.name,
            )
