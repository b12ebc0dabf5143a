"""How errors of the disk under blobs are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pixcrawler_core.errors import WorkspaceError


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn the disk's errors inside into a WorkspaceError that begins with `what`."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{what}: {error.strerror or error}; what is recorded is safe: "
            "mend that (a body may need as much room as max_bytes), and run the same command again"
        ) from error
