"""Writes usage into a file, a JSON object a line, for other programs to charge."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.metering import MeterUnavailable, Usage
from pixcrawler_core.service import Meter


class LogOptions(BaseModel):
    """Where the lines go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        description="The file, by its whole path. Lines that are taken out are written again "
        "only if they were not told before."
    )

    @field_validator("path")
    @classmethod
    def _is_whole(cls, path: Path) -> Path:
        if not path.expanduser().is_absolute():
            raise ValueError(f"path {str(path)!r} must begin with / or ~: programs have different folders")
        return path.expanduser()


class LogMeter:
    """Adds a line for each row that the file does not have yet, whichever process wrote it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._read = 0
        self._known: set[int] = set()

    def charge(self, usage: Usage, /) -> str:
        """Write the line, and the disk has it when this returns. Raises MeterUnavailable."""
        try:
            with self._lock, self._path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._take_up(file)
                if usage.id not in self._known:
                    file.write(_line(usage))
                    file.flush()
                    os.fsync(file.fileno())
                    self._known.add(usage.id)
                    self._read = file.tell()
        except OSError as error:
            why = f"cannot write {self._path}: {error.strerror or error}"
            raise MeterUnavailable(why) from error
        return f"line {usage.id}"

    def close(self) -> None:
        """Nothing is open between two lines."""

    def _take_up(self, file: BinaryIO) -> None:
        """Read what others wrote since; half a line, which a kill left, is cut off."""
        size = file.seek(0, os.SEEK_END)
        if size < self._read:  # somebody has put another file in its place
            self._read = 0
        file.seek(self._read)
        for line in file:
            if not line.endswith(b"\n"):
                file.truncate(self._read)
                break
            self._known.add(int(json.loads(line)["id"]))
            self._read += len(line)
        file.seek(0, os.SEEK_END)


def _line(usage: Usage) -> bytes:
    told = {
        "id": usage.id,
        "source": usage.source,
        "user": str(usage.user),
        "project": usage.project,
        "kind": usage.kind.value,
        "amount": usage.amount,
        "unit": usage.unit,
        "at": usage.at.isoformat(),
    }
    return json.dumps(told).encode() + b"\n"


@hookimpl
def register_meters() -> Iterator[Meter]:
    """The meter `log`."""
    yield Meter(
        name="log",
        summary="a file with a line for each amount",
        options=LogOptions,
        build=lambda options: LogMeter(options.path),
    )
