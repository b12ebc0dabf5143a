"""The sink `file`: the contract of all sinks, several processes, and what killed ones leave."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pixcrawler_plugins.sinks import file

from pixcrawler_core.testing.contracts import SinkContract
from pixcrawler_core.testing.contracts.sink import EVENTS

WRITE = """
import sys
import threading
from pathlib import Path
from datetime import UTC, datetime
from pixcrawler_plugins.sinks.file import append
from pixcrawler_core.events.event import Event
for number in range(200):
    details = {"text": "x" * 5000}
    event = Event(id=sys.argv[2], kind="k", at=datetime.now(UTC), subject=str(number), details=details)
    append(Path(sys.argv[1]), event)
"""


class TestContract(SinkContract):
    component = next(iter(file.register_sinks()))

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "below/events.jsonl")}

    def arrived(self, folder: Path) -> Sequence[str]:
        lines = (folder / "below/events.jsonl").read_text("ascii").splitlines()
        return [json.loads(line)["id"] for line in lines]


def test_lines_of_several_processes_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(path), name]) for name in ("first", "second")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    found = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    for name in ("first", "second"):
        assert [int(each["subject"]) for each in found if each["id"] == name] == list(range(200))


def test_half_a_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"id": "kil')
    file.append(path, EVENTS[0])
    half, whole = path.read_text("ascii").splitlines()
    assert (half, json.loads(whole)) == ('{"id": "kil', EVENTS[0].as_json())


def test_it_waits_until_nobody_else_writes(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = threading.Thread(target=file.append, args=(path, EVENTS[0]))
        writer.start()
        writer.join(0.2)
        other.write("{}\n")
        assert writer.is_alive()
    writer.join()
    assert [len(json.loads(line)) for line in path.read_text("ascii").splitlines()] == [0, 5]
