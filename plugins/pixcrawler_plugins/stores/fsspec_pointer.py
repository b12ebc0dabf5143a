"""What the store `fsspec` knows of an object, in a small file that is written when its bytes are there."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pixcrawler_core.storage.errors import ObjectDamaged
from pixcrawler_core.storage.keys import check_key
from pixcrawler_core.storage.protocols import Stat

POINTER = ".pixcrawler.json"
"""The file beside an object's bytes; no part of a key can be called so."""
LONGEST_SUFFIX = 16
DATA = re.compile(r"[0-9a-f]{32}(\.[^/\\]{0,15})?")
"""Names of files with bytes: random, so that no two writers share one, and the ending of the key."""


class Pointer(BaseModel):
    """An object, and the name of the file that has its bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    data: Annotated[str, StringConstraints(pattern=rf"^{DATA.pattern}$")]
    size: int = Field(ge=0)
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    stored_at: AwareDatetime
    metadata: dict[str, str] = {}

    @classmethod
    def read(cls, data: bytes, key: str, place: str) -> Self:
        """Raises ObjectDamaged for what no store has written."""
        try:
            return cls.model_validate_json(data)
        except ValidationError:
            raise ObjectDamaged(
                f"what {place} has of {key!r} is damaged: {POINTER} is not as it was written; put it again"
            ) from None

    def packed(self) -> bytes:
        """As it is stored."""
        return self.model_dump_json().encode()

    def is_of(self, sha256: str, metadata: Mapping[str, str]) -> bool:
        """Whether the object has these bytes and this metadata."""
        return self.sha256 == sha256 and self.metadata == dict(metadata)

    def stat(self, key: str) -> Stat:
        """What the store tells of it."""
        return Stat(
            key=key,
            size=self.size,
            sha256=self.sha256,
            modified_at=self.stored_at,
            metadata=MappingProxyType(self.metadata),
        )


def pointer(key: str, size: int, sha256: str, now: datetime, metadata: Mapping[str, str]) -> Pointer:
    """Of bytes that are about to be stored under a new name."""
    data = secrets.token_hex(16) + PurePosixPath(key).suffix[:LONGEST_SUFFIX]
    return Pointer(data=data, size=size, sha256=sha256, stored_at=now, metadata=dict(metadata))


def check_own(key: str) -> None:
    """Raise ValueError for a key that is none, or has a part like the store's own files."""
    check_key(key)
    if POINTER in key.split("/"):
        raise ValueError(f"the key {key!r} has a part that the store needs for itself: {POINTER}")
