"""Reads blobs: ranges side by side, given in their order, with the digest proven at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from concurrent.futures import Executor
from functools import partial
from itertools import chain

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError
from azure.storage.blob import BlobClient, BlobProperties, StorageStreamDownloader

from pixcrawler_core.storage.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from pixcrawler_plugins.stores.azure_blobs import SHA256, is_whole
from pixcrawler_plugins.stores.azure_errors import code_of, told
from pixcrawler_plugins.stores.azure_parallel import in_order

ATTEMPTS = 20
"""Times that a read begins anew because the object was replaced."""
AT_ONCE = 8 << 20
"""Bytes that are read before the first is given: such a read can begin anew."""
LARGEST_RANGE = 4 << 20
"""Bytes of a range of which Azure tells the MD5: "Get Blob"."""


class Downloader:
    """Downloads with so many requests at once; `place` stands in messages."""

    def __init__(self, pool: Executor, ahead: int, block: int, place: str) -> None:
        self._pool = pool
        self._ahead = ahead
        self._range = min(block, LARGEST_RANGE)
        self._place = place

    def opened(
        self, key: str, blob: BlobClient, begin: int, length: int | None
    ) -> tuple[Generator[bytes, None, None], BlobProperties]:
        """The bytes, and what is known of them; what can be told at once is raised at once.

        Raises the errors of stores. When the object is replaced meanwhile, a short read begins anew, and a
        longer one ends.
        """
        with told(self._place, key):
            for _ in range(ATTEMPTS):
                try:
                    return self._begun(key, blob, begin, length)
                except ResourceModifiedError:
                    continue
        raise StoreUnavailable(f"others put {key!r} in {self._place} all the time; try again later")

    def _begun(
        self, key: str, blob: BlobClient, begin: int, length: int | None
    ) -> tuple[Generator[bytes, None, None], BlobProperties]:
        first = self._first(blob, begin, length)
        if first is None:
            return self._chunks(key, (), None), blob.get_blob_properties()
        data, known = first
        if not is_whole(known):
            raise ObjectMissing(f"{key!r} in {self._place} is still being copied to, or that has failed")
        size = _size(known)
        end = size if length is None else min(size, begin + length)
        places = range(begin + len(data), end, self._range)
        sha256 = (known.metadata or {}).get(SHA256) if (begin, end) == (0, size) else None
        read = partial(self._later, blob, known, sha256 is None, end)
        reads = (partial(read, place) for place in places)
        rest: Iterable[bytes] = in_order(self._pool, reads, self._ahead)
        if end - begin <= max(AT_ONCE, self._ahead * self._range):
            rest = list(rest)
        return self._chunks(key, chain((data,), rest), sha256), known

    def _first(self, blob: BlobClient, begin: int, length: int | None) -> tuple[bytes, BlobProperties] | None:
        """The first range, with what is known of the blob; None if it begins behind the last byte."""
        whole = begin == 0 and length is None
        wanted = self._range if length is None else min(self._range, length)
        try:
            first = blob.download_blob(begin, max(wanted, 1), validate_content=not whole)
            return _read(first)[:wanted], first.properties
        except HttpResponseError as error:
            if code_of(error) == "InvalidRange":
                return None
            raise

    def _later(self, blob: BlobClient, known: BlobProperties, check: bool, end: int, begin: int) -> bytes:
        """A further range, with `check` Azure tells its MD5, which is proven."""
        later = blob.download_blob(
            begin,
            min(self._range, end - begin),
            validate_content=check,
            etag=known.etag,
            match_condition=MatchConditions.IfNotModified,
        )
        return _read(later)

    def _chunks(self, key: str, ranges: Iterable[bytes], sha256: str | None) -> Generator[bytes, None, None]:
        found = hashlib.sha256()
        with told(self._place, key):
            for data in filter(None, ranges):
                if sha256 is not None:
                    found.update(data)
                yield data
        if sha256 is not None and found.hexdigest() != sha256:
            raise ObjectDamaged(
                f"the object {key!r} in {self._place} does not have the bytes that were put; "
                "delete it, and put it again"
            )


def _read(range_: StorageStreamDownloader[bytes]) -> bytes:
    """The bytes of a range; `readall` would copy them twice more."""
    return b"".join(range_.chunks())


def _size(known: BlobProperties) -> int:
    """Bytes of the whole blob: `bytes 0-9/100` (RFC 9110, 14.4)."""
    _, slash, size = (known.content_range or "").rpartition("/")
    return int(size) if slash else int(known.size)
