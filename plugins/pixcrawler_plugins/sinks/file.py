"""Writes events to a file, a line of JSON each."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Sink, TakeEvent
from pixcrawler_core.events.event import Event


class FileOptions(BaseModel):
    """Where the events go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        description="File to which a line of JSON is added for each event; it is made if need be, and any "
        "number of processes may write to it."
    )


def append(path: Path, event: Event) -> None:
    """Add an event to the end of a file, as one line, whoever else writes to it. Raises OSError.

    What a writer that was killed has left of a line stays, and ends before this one.
    """
    line = f"{json.dumps(event.as_json())}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line
        while line:
            line = line[os.write(handle, line) :]
    finally:
        os.close(handle)


def build(options: FileOptions) -> TakeEvent:
    """The sink with its options."""
    return partial(append, options.path.expanduser())


@hookimpl
def register_sinks() -> Iterator[Sink]:
    """The sink `file`."""
    yield Sink(
        name="file", summary="a file with a line of JSON for each event", options=FileOptions, build=build
    )
