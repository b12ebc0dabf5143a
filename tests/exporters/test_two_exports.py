"""Two exports of one name in one folder, at the same time or after a killed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.catalog.locking import HeldError
from pixcrawler_core.components import Exporter
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.exports.hold import Hold, scratch_folder
from tests.core.unwritable import enterable, locked_up
from tests.exporters.made import dataset, exported, opened, registry

Written = Callable[[Path], dict[str, bytes]]


def content(export: Path) -> dict[str, bytes]:
    files = sorted(export.rglob("*")) if export.is_dir() else [export]
    return {path.relative_to(export).as_posix(): path.read_bytes() for path in files if path.is_file()}


@pytest.mark.parametrize("form", registry().all(Exporter))
def test_the_second_is_told_and_the_first_is_whole(form: str, tmp_path: Path, source: Path) -> None:
    row = {"path": "categories/a/1.jpg", "labels": []}
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for folder in (alone, shared):
        folder.mkdir()
    writer = opened(alone, form)
    writer.add(source, "categories/a/1.jpg", row)
    wanted = content(writer.close())
    writer = opened(shared, form)
    writer.add(source, "categories/a/1.jpg", row)
    told = rf"another export of this name is being written \(held by process {os.getpid()}\); wait until"
    with pytest.raises(WorkspaceError, match=told):
        opened(shared, form)
    export = writer.close()
    assert content(export) == wanted
    assert list(shared.iterdir()) == [export]
    opened(shared, form).abort()
    assert list(shared.iterdir()) == [export]


def test_others_may_have_the_folder(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    writer = opened(tmp_path, "zip")
    assert exported(folder, "zip").exists()
    assert exported(folder, "csv").exists()
    writer.abort()


def test_the_temporary_folder_lies_where_it_is_asked_for(tmp_path: Path) -> None:
    """A dataset can be exported from where nothing can be written."""
    with enterable() as place:
        folder = dataset(place / "read-only")
        out = place / "out"
        out.mkdir(mode=0o777)
        out.chmod(0o777)
        with locked_up(place / "read-only"):
            start = registry().build(Exporter, "jsonl", {})
            done = export_dataset(folder, start(out, folder.name), scratch=out / ".scratch")
        assert done.images == 6
        assert list(out.iterdir()) == [done.path]
        with locked_up(place / "read-only"), pytest.raises(WorkspaceError, match=r"cannot export .*--output"):
            export_dataset(folder, start(out, folder.name))


def test_a_temporary_folder_of_another_process_stays(tmp_path: Path) -> None:
    path = tmp_path / ".scratch"
    with scratch_folder(path) as place:
        (place / "file").touch()
        with pytest.raises(HeldError), scratch_folder(path):
            pass
        assert (place / "file").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    program = "\n".join(
        (
            "import os, pathlib, signal",
            "from pixcrawler_core.exports.hold import scratch_folder",
            f"with scratch_folder(pathlib.Path({str(tmp_path / '.scratch')!r})) as place:",
            "    (place / 'left').touch()",
            "    os.kill(os.getpid(), signal.SIGKILL)",
        )
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    with scratch_folder(tmp_path / ".scratch") as place:
        assert list(place.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_one_at_a_time_has_it(tmp_path: Path) -> None:
    """However often it is taken and given back: the file of a lock that is gone locks nothing."""
    inside, most, taken = 0, 0, 0
    counting = threading.Lock()

    def take() -> None:
        nonlocal inside, most, taken
        for _ in range(400):
            try:
                hold = Hold(tmp_path / ".lock")
            except HeldError:
                continue
            with counting:
                inside, taken = inside + 1, taken + 1
                most = max(most, inside)
            time.sleep(0)  # others have their turn
            with counting:
                inside -= 1
            hold.release()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert taken > 0
    assert list(tmp_path.iterdir()) == []
