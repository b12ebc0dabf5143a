"""Encrypts the blobs that are plain, wraps keys anew, and removes what no key opens.

All of it can be killed at any moment and goes on where it was. Nobody else may use the store meanwhile.
"""

from __future__ import annotations

import io
import os
import shutil
from typing import TYPE_CHECKING

from pixcrawler_core.blobs.reporting import reported
from pixcrawler_core.blobs.sealed import ENDING, SealedBlob

if TYPE_CHECKING:
    from pixcrawler_core.blobs.cipher import BlobCipher
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.blobs.writer import Blob

BLOCK = 1024 * 1024
"""Bytes that are read at once."""


def plain_blobs(store: BlobStore) -> list[Blob]:
    """The blobs that are not encrypted."""
    return [blob for blob in store.stored() if blob.path.suffix != ENDING]


def seal(store: BlobStore, blob: Blob) -> bool:
    """Encrypt a plain blob; whether it was whole. One that is damaged is left as it is.

    The plain file goes when the encrypted one is on the disk. Raises WorkspaceError.
    """
    writer = store.spool()
    try:
        with reported(f"cannot read the blob {blob.sha256}"), blob.path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                writer.write(block)
        if writer.sha256 != blob.sha256:
            return False
        writer.commit(anew=True)
        return True
    finally:
        writer.discard()


def rewrap(store: BlobStore, cipher: BlobCipher, blob: SealedBlob) -> bool:
    """Have a blob's content key wrapped by the active key; whether it was another one that is there.

    Data keys of owners are wrapped anew when keys are rotated, their blobs need not be. Nothing is decrypted.
    Raises WorkspaceError.
    """
    header = blob.header()
    new = cipher.rewrapped(header, blob.sha256) if header else None
    if header is None or new is None:
        return False
    path, target = store.start_file()
    try:
        with reported(f"cannot write to {store.root}"):
            with io.BufferedWriter(target) as file, blob.path.open("rb") as source:
                file.write(new.packed())
                source.seek(len(header.packed()))
                shutil.copyfileobj(source, file, BLOCK)
                file.flush()
                os.fsync(file.fileno())
            path.replace(blob.path)
    finally:
        path.unlink(missing_ok=True)
    return True


def is_locked(cipher: BlobCipher, blob: SealedBlob) -> bool:
    """Whether no key opens a blob, or its beginning is damaged."""
    header = blob.header()
    return header is None or not cipher.opens(header, blob.sha256)
