"""The store `azure`: what the protocol of stores asks for, said to Azure Blob Storage."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import groupby
from logging import getLogger
from types import MappingProxyType
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient, BlobProperties, ContainerClient

from pixcrawler_core.storage.bodies import Body, Opened, size_of
from pixcrawler_core.storage.errors import ObjectArchived, ObjectMissing, StoreUnavailable
from pixcrawler_core.storage.keys import check_key, check_range
from pixcrawler_core.storage.protocols import (
    Availability,
    Priority,
    Rehydration,
    Stat,
    StorageTier,
)
from pixcrawler_plugins.stores.azure import AzureOptions
from pixcrawler_plugins.stores.azure_account import Account
from pixcrawler_plugins.stores.azure_batches import delete, move
from pixcrawler_plugins.stores.azure_blobs import TO_AZURE, is_whole, packed, stat_of
from pixcrawler_plugins.stores.azure_download import Downloader
from pixcrawler_plugins.stores.azure_errors import REHYDRATE, of_status, told
from pixcrawler_plugins.stores.azure_parallel import in_order
from pixcrawler_plugins.stores.azure_upload import Upload, Uploader, properties

LONGEST_KEY = 1024
"""Characters of a blob's name: "Naming and referencing containers, blobs, and metadata"."""
PAGE = 5000
"""Blobs of one answer when they are listed, the most there can be: "List Blobs"."""
PATIENCE = {Priority.STANDARD: timedelta(hours=15), Priority.HIGH: timedelta(hours=1)}
"""How long a rehydration takes at most: "Blob rehydration from the archive tier"."""
POLL = 0.2
"""Seconds between two questions whether Azure has copied."""
AHEAD = 64
"""Answers of single requests that are waited for together."""
_HIGH = re.compile("[\ue000-\U0010ffff]")
"""Characters that are sorted differently by code points and by the units of UTF-16."""
_LOG = getLogger(__name__)


class AzureStore:
    """Objects in a container. Any number of threads may use it."""

    def __init__(self, account: Account, options: AzureOptions) -> None:
        self._account = account
        self._options = options
        parts = urlsplit(account.container.url)
        self._place = f"the container {options.container!r} at {parts.hostname}"
        self._pool = ThreadPoolExecutor(options.concurrency, "azure")
        block = options.block_mib << 20
        self._uploader = Uploader(self._pool, options.concurrency, block)
        self._downloader = Downloader(self._pool, options.concurrency, block, self._place)

    @cached_property
    def _container(self) -> ContainerClient:
        """Made on its first use if it is not there and shall be made; two may do that at once."""
        container = self._account.container
        if self._options.create_container and not container.exists():
            try:
                container.create_container()
            except ResourceExistsError:
                _LOG.debug("%s was made by another", self._place)
        return container

    def _name(self, key: str) -> str:
        check_key(key)
        name = self._options.prefix + key
        if len(name) > LONGEST_KEY:
            raise ValueError(f"the key {key[:40]!r}... has more characters than Azure takes")
        return name

    def _blob(self, key: str) -> BlobClient:
        name = self._name(key)
        return self._container.get_blob_client(name)

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """Store a file, or bytes; what a killed `put` sent of it in blocks is not sent again."""
        packed("", metadata)
        upload = Upload(key, body, size_of(body), sha256, tier, metadata)
        with told(self._place, key):
            return self._uploader.put(upload, self._blob(key))

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        """The bytes, in chunks of a block at most; some are read ahead."""
        check_range(begin, length)
        with told(self._place, key):
            blob = self._blob(key)
        chunks, known = self._downloader.opened(key, blob, begin, length)
        with closing(chunks):
            yield Opened(chunks, stat_of(known, key).metadata)

    def stat(self, key: str) -> Stat | None:
        """What is known of an object; None if there is none."""
        blob = self._properties(key)
        return None if blob is None else stat_of(blob, key)

    def _properties(self, key: str) -> BlobProperties | None:
        with told(self._place, key):
            blob = properties(self._blob(key))
        return blob if blob is not None and is_whole(blob) else None

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """All objects, with one request for 5,000; blobs whose names are no keys are left out."""
        for _, group in groupby(self._listed(prefix), lambda stat: _HIGH.split(stat.key, 1)[0]):
            yield from sorted(group, key=lambda stat: stat.key)

    def _listed(self, prefix: str) -> Iterator[Stat]:
        """As Azure sorts them. All that have the same characters before the first high one come together."""
        with told(self._place, prefix):
            blobs = self._container.list_blobs(
                name_starts_with=self._options.prefix + prefix,
                include=["metadata", "copy"],
                results_per_page=PAGE,
            )
            for blob in blobs:
                key = str(blob.name).removeprefix(self._options.prefix)
                if is_whole(blob) and self._is_key(key):
                    yield stat_of(blob, key)

    def _is_key(self, key: str) -> bool:
        try:
            check_key(key)
        except ValueError as error:
            _LOG.warning("%s has a blob that no store can have put: %s", self._place, error)
            return False
        return True

    def delete(self, keys: Sequence[str]) -> int:
        """Remove objects, with one request for 256."""
        names = [self._name(key) for key in keys]
        with told(self._place):
            return delete(self._container, names, self._place)

    def copy(self, source: str, target: str) -> Stat:
        """Copy within Azure; while a large object is under way, there is none under the target's key."""
        to = self._name(target)
        blob = self._known(source)
        stat = stat_of(blob, source)
        if stat.tier is StorageTier.COLD:
            raise ObjectArchived(f"the object {source!r} in {self._place} is archived; {REHYDRATE}")
        if source == target:
            return stat
        with told(self._place, source):
            self._container.get_blob_client(to).start_copy_from_url(
                self._blob(source).url,
                source_etag=blob.etag,
                source_match_condition=MatchConditions.IfNotModified,
                standard_blob_tier=TO_AZURE[stat.tier],
            )
            return stat_of(self._copied(target), target)

    def _copied(self, key: str) -> BlobProperties:
        """Wait until Azure has copied; it does so in the background if it is much."""
        while (blob := properties(self._blob(key))) is not None and blob.copy.status == "pending":
            time.sleep(POLL)
        if blob is None or not is_whole(blob):
            raise StoreUnavailable(f"{self._place} did not finish copying to {key!r}; try again")
        return blob

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """Move objects, with one request for 256, after one for each that tells where it is."""
        blobs = self._all_known(keys)
        stats = {key: stat_of(blob, key) for key, blob in blobs.items()}
        leaving = [key for key, stat in stats.items() if stat.availability is Availability.REHYDRATING]
        if leaving and tier is StorageTier.COLD:
            raise of_status(409, "BlobBeingRehydrated", self._place, leaving[0])
        archived = [key for key, stat in stats.items() if stat.availability is Availability.ARCHIVED]
        others = [key for key, stat in stats.items() if stat.tier not in (tier, StorageTier.COLD)]
        self._move(others, tier)
        if tier is not StorageTier.COLD:
            self._move(archived, tier, Priority.STANDARD)

    def rehydrate(self, keys: Sequence[str], priority: Priority = Priority.STANDARD) -> Sequence[Rehydration]:
        """Begin to bring archived objects back; a higher priority counts for those on their way, too."""
        blobs = self._all_known(keys)
        now = datetime.now(UTC)
        found, moved = {}, []
        for key, blob in blobs.items():
            state = stat_of(blob, key).availability
            under_way = Priority(blob.rehydrate_priority.lower()) if blob.rehydrate_priority else priority
            if state is Availability.READY:
                found[key] = Rehydration(key=key, priority=priority, ready_at=None)
                continue
            if state is Availability.ARCHIVED or (under_way, priority) == (Priority.STANDARD, Priority.HIGH):
                moved.append(key)
                under_way = priority
            found[key] = Rehydration(key=key, priority=under_way, ready_at=now + PATIENCE[under_way])
        self._move(moved, StorageTier.HOT, priority)
        return [found[key] for key in keys]

    def _move(self, keys: Sequence[str], tier: StorageTier, priority: Priority | None = None) -> None:
        names = [self._name(key) for key in keys]
        with told(self._place):
            move(self._container, names, TO_AZURE[tier], self._place, priority)

    def _all_known(self, keys: Sequence[str]) -> dict[str, BlobProperties]:
        calls = [partial(self._known, key) for key in dict.fromkeys(keys)]
        return dict(zip(dict.fromkeys(keys), in_order(self._pool, calls, AHEAD), strict=True))

    def _known(self, key: str) -> BlobProperties:
        blob = self._properties(key)
        if blob is None:
            raise ObjectMissing(f"there is no object {key!r} in {self._place}")
        return blob

    def url(self, key: str, lifetime: timedelta) -> str:
        """An address with a signature; whoever has it can read the object for that time, and nothing else."""
        if lifetime <= timedelta(0):
            raise ValueError(f"an address for {key!r} must be good for some time, not for {lifetime}")
        stat = stat_of(self._known(key), key)
        if stat.availability is not Availability.READY:
            raise ObjectArchived(f"the object {key!r} in {self._place} is archived; {REHYDRATE}")
        with told(self._place, key):
            return self._account.signed(self._name(key), lifetime, datetime.now(UTC))

    def close(self) -> None:
        """Let go of connections and threads; what is under way is still finished."""
        self._pool.shutdown(cancel_futures=True)
        self._account.close()
