"""Encrypted objects on their way to a store: in memory if they are small, else in a temporary file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pixcrawler_core.storage.bodies import Body, bytes_of, opened, size_of
from pixcrawler_core.storage.encryption.sealing import Plain, Sealer

SMALL = 8 * 1024 * 1024
"""Bytes up to which an object stays in memory: making and removing a file costs more than encrypting one."""


@contextmanager
def sealed(sealer: Sealer, body: Body, folder: Path | None) -> Iterator[tuple[Plain, Body]]:
    """What is given, encrypted; a file is in `folder` (None: the system's) while the context is open."""
    if size_of(body) <= SMALL:
        data = bytes_of(body)
        yield Plain(len(data), hashlib.sha256(data).hexdigest()), sealer.whole(data)
        return
    with opened(body) as source, _temporary(folder) as file:
        plain = sealer.encrypt(source, file)
        file.flush()
        yield plain, Path(file.name)


@contextmanager
def gathered(chunks: Iterable[bytes], size: int, folder: Path | None) -> Iterator[Body]:
    """Chunks of about `size` bytes together; a file as for `sealed`."""
    if size <= SMALL:
        yield b"".join(chunks)
        return
    with _temporary(folder) as file:
        file.writelines(chunks)
        file.flush()
        yield Path(file.name)


def _temporary(folder: Path | None) -> tempfile._TemporaryFileWrapper[bytes]:
    return tempfile.NamedTemporaryFile(dir=folder, prefix="pixcrawler-encrypted-")
