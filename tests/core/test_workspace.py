from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixcrawler_core.catalog.locking import FileLock
from pixcrawler_core.catalog.models import Dataset
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.workspace import ASKING, Workspace

HOLD = """
import sys, time
from pathlib import Path
from pixcrawler_core.workspace import Workspace
lock = Workspace(Path(sys.argv[1])).lock("red-pandas")
print("locked", flush=True)
time.sleep(60)
"""


def test_nothing_is_touched_before_it_is_opened(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "data")
    assert workspace.catalog_path == tmp_path / "data" / "catalog.db"
    assert workspace.blobs.root == tmp_path / "data" / "blobs"
    assert workspace.exports == tmp_path / "data" / "exports"
    assert workspace.dataset("red-pandas") == tmp_path / "data" / "datasets" / "dataset-red-pandas"
    assert list(tmp_path.iterdir()) == []


def test_opening_makes_folders_and_tables_and_binds_the_models(tmp_path: Path) -> None:
    with Workspace(tmp_path / "deep" / "data") as workspace:
        assert workspace.open() is workspace.open()
        Dataset.create(id="red-pandas", name="Red pandas")
        assert workspace.datasets.is_dir()
        assert workspace.exports.is_dir()
    with Workspace(tmp_path / "deep" / "data"):
        assert Dataset.get_by_id("red-pandas").name == "Red pandas"
    with Workspace(tmp_path / "other"):
        assert Dataset.get_or_none(Dataset.id == "red-pandas") is None


def test_a_folder_that_it_makes_is_for_its_user_alone_and_one_that_is_there_stays(tmp_path: Path) -> None:
    made, there = tmp_path / "deep" / "data", tmp_path / "there"
    there.mkdir()
    there.chmod(0o750)
    for folder in (made, there):
        with Workspace(folder):
            pass
    assert made.stat().st_mode & 0o777 == 0o700
    assert there.stat().st_mode & 0o777 == 0o750


def test_another_database_may_hold_the_catalog(tmp_path: Path) -> None:
    with Workspace(tmp_path / "data", f"sqlite:///{tmp_path}/elsewhere.db"):
        Dataset.create(id="d", name="D")
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "data" / "catalog.db").exists()


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(WorkspaceError, match="as a workspace"):
        Workspace(tmp_path / "data").open()
    with pytest.raises(WorkspaceError, match="cannot lock"):
        Workspace(tmp_path / "data").lock("d")


def test_a_catalog_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(WorkspaceError, match="no SQLite database"):
        Workspace(tmp_path).open()


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\0b", "a b", "-a", ".a", "a\n", "x" * 201])
def test_an_id_that_could_leave_the_workspace_is_refused(tmp_path: Path, name: str) -> None:
    for method in (Workspace(tmp_path).dataset, Workspace(tmp_path).lock):
        with pytest.raises(WorkspaceError, match="cannot be the id of a dataset"):
            method(name)


def test_a_dataset_is_locked_until_it_is_released(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.lock("red-pandas"):
        with pytest.raises(WorkspaceError, match=f"'red-pandas' is in use .*process {os.getpid()}"):
            Workspace(tmp_path).lock("red-pandas")
        workspace.lock("firefox").release()
    lock = workspace.lock("red-pandas")
    lock.release()
    lock.release()
    workspace.lock("red-pandas").release()


def test_a_killed_process_holds_no_lock(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"locked\n"
    with pytest.raises(WorkspaceError, match=f"process {process.pid}"):
        Workspace(tmp_path).lock("red-pandas")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    Workspace(tmp_path).lock("red-pandas").release()


def test_asking_whether_a_dataset_is_in_use_is_in_nobody_s_way(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert not workspace.in_use("red-pandas")
    with workspace.lock("red-pandas"):
        assert workspace.in_use("red-pandas")
        assert not workspace.in_use("firefox")
    assert not workspace.in_use("red-pandas")
    asked = FileLock(tmp_path / "locks/dataset-red-pandas.lock")  # as `in_use` of another process does
    with ThreadPoolExecutor(1) as threads:
        lock = threads.submit(workspace.lock, "red-pandas")
        time.sleep(ASKING / 4)
        asked.release()
        lock.result().release()
