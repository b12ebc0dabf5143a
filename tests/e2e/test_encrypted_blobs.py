"""A workspace whose blobs are encrypted: from the first run to rotation, lost keys and erased owners."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import MODELS, Command, Finished, until
from tests.e2e.jobs import check_dataset, dataset, image_requests, ledger, rows_in_catalog, write_job
from tests.e2e.reviews import CATEGORIES, MORE, NAME, WANTED, images, too_small, write

ON = 'keys = "keys.json"\nencrypt_blobs = true\n'
LOCKED = (
    "put the key back from a copy; without it, or if its owner was erased, the object can only be deleted"
)


def settle(workspace: Path, table: str = ON) -> Path:
    """Write the workspace's settings; returns the path of its keys."""
    workspace.mkdir(exist_ok=True)
    (workspace / "storage.toml").write_text(f"[storage]\n{table}")
    return workspace / "keys.json"


def encrypted(pixcrawler: Command, workspace: Path, table: str = ON) -> Path:
    """A workspace that encrypts, with new keys; returns their path."""
    keys = settle(workspace, table)
    assert pixcrawler("storage", "keys", "new", keys).code == 0
    return keys


@pytest.fixture(scope="module")
def hidden(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished dataset in a workspace whose blobs were encrypted afterwards; take `sealed` in tests."""
    folder = tmp_path_factory.mktemp("hidden")
    shutil.copytree(finished / "workspace", folder / "workspace")
    environment = {"PIXCRAWLER_MODELS": str(MODELS), "PIXCRAWLER_WORKSPACE": str(folder / "workspace")}
    command = Command("pixcrawler", folder, environment)
    encrypted(command, folder / "workspace", f'owner = "alice"\n{ON}')
    number = len(blobs(folder / "workspace"))
    done = command("storage", "keys", "seal")
    assert (done.code, done.stdout) == (0, f"{number} blobs encrypted\n"), done.stderr
    return folder / "workspace"


@pytest.fixture
def sealed(hidden: Path, finished: Path, workspace: Path, tmp_path: Path, web: SimulatedWeb) -> Path:
    """The job file of a finished dataset; all blobs of its workspace are encrypted for Alice."""
    assert web.log() == []
    shutil.copytree(hidden, workspace)
    return Path(shutil.copy(finished / f"{NAME}.toml", tmp_path))


def blobs(workspace: Path) -> list[Path]:
    """All files in the folder of blobs, temporary ones as well."""
    return [path for path in sorted((workspace / "blobs").rglob("*")) if path.is_file()]


def digests(workspace: Path) -> set[str]:
    """Of the blobs that are there in either form."""
    return {path.name.removesuffix(".sealed") for path in blobs(workspace)}


def recorded(workspace: Path) -> set[str]:
    """URLs of what was fetched, as far as the catalog has it."""
    query = "SELECT url FROM ledger_row WHERE sha256 IS NOT NULL"
    try:
        return {url for (url,) in rows_in_catalog(workspace, query)} if blobs(workspace) else set()
    except sqlite3.OperationalError:
        return set()


def check_hidden(workspace: Path) -> None:
    """No byte of a picture is in the folder of blobs: all files begin as encrypted objects do."""
    found = blobs(workspace)
    assert found
    data = [path.read_bytes() for path in found]
    assert {each[:4] for each in data} == {b"PXCE"}
    pictures = [path.read_bytes() for path in workspace.glob("datasets/*/categories/*/*")]
    assert pictures
    for picture in pictures:
        assert not any(picture[:48] in each or picture[-48:] in each for each in data)


def more(job: Path, web: SimulatedWeb) -> Path:
    """The same job, which wants more images."""
    return write_job(job, web, CATEGORIES, WANTED + 1, more=MORE)


@pytest.mark.drill
def test_a_whole_run_killed_and_resumed(
    pixcrawler: Command, finished: Path, workspace: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    """The dataset is the same as without encryption, and nothing that was recorded is fetched again."""
    encrypted(pixcrawler, workspace)
    job = Path(shutil.copy(finished / f"{NAME}.toml", tmp_path))
    web.delay(60)
    for number in (1, 5):
        process = pixcrawler.start("run", job, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: len(recorded(workspace)) >= number or process.poll() is not None)  # noqa: B023
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert all(path.read_bytes()[:4] in (b"PXCE", b"") for path in blobs(workspace))
    before, asked = recorded(workspace), len(image_requests(web))
    assert len(before) >= 5
    done = pixcrawler("run", job)
    assert done.code == 0, done.stderr
    assert not before & {each["url"] for each in image_requests(web)[asked:]}
    check_dataset(workspace, NAME)
    assert dataset(workspace, NAME) == dataset(finished / "workspace", NAME)
    check_hidden(workspace)


def test_scrapys_own_command_encrypts(scrapy: Command, workspace: Path, web: SimulatedWeb) -> None:
    """With a key in a variable of the environment."""
    settle(workspace, 'keys = "env:BLOB_KEY"\nencrypt_blobs = true\n')
    arguments = ["crawl", "openverse", "-a", "keywords=castles", "-a", "max_images=3", "-a", "name=few"]
    arguments += ["-a", f"endpoint={web.endpoint('openverse')}", "-a", "delay=0"]
    arguments += ["-s", "PIXCRAWLER_ALLOW_PRIVATE_HOSTS=127.0.0.1,localhost"]
    arguments += ["-s", f"PIXCRAWLER_WORKSPACE={workspace}"]
    done = scrapy(*arguments, environment={"BLOB_KEY": "a" * 43 + "="})
    assert done.code == 0, done.stderr
    assert sum(check_dataset(workspace, "few").values()) == 3
    check_hidden(workspace)


@pytest.mark.drill
def test_a_key_that_is_in_no_variable(scrapy: Command, workspace: Path) -> None:
    settle(workspace, 'keys = "env:BLOB_KEY"\nencrypt_blobs = true\n')
    wanted = ["-a", "keywords=castles", "-s", f"PIXCRAWLER_WORKSPACE={workspace}"]
    refused = scrapy("crawl", "openverse", *wanted)
    assert refused.code == 2
    assert refused.stderr.splitlines()[-1] == (
        "[storage] keys: the environment has no variable BLOB_KEY; set it to the key"
    )


def test_sealing_leaves_the_dataset_and_the_next_run_as_they_were(
    pixcrawler: Command, finished: Path, workspace: Path, sealed: Path, web: SimulatedWeb
) -> None:
    check_hidden(workspace)
    assert digests(workspace) == digests(finished / "workspace")
    assert pixcrawler("storage", "keys", "seal").stdout == "0 blobs encrypted\n"
    shutil.rmtree(workspace / f"datasets/dataset-{NAME}/categories")
    assert pixcrawler("run", more(sealed, web)).code == 0
    found = check_dataset(workspace, NAME)
    assert found == dict.fromkeys(CATEGORIES, WANTED + 1)
    assert dataset(finished / "workspace", NAME).items() <= dataset(workspace, NAME).items()
    check_hidden(workspace)
    before = {row["url"] for row in ledger(finished / "workspace", NAME) if row["sha256"]}
    assert not before & {each["url"] for each in image_requests(web)}


@pytest.mark.drill
@pytest.mark.usefixtures("sealed")
def test_a_review_takes_an_image_from_its_encrypted_blob(
    pixcrawler: Command, workspace: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    row = too_small(workspace)
    decisions = write(tmp_path / "good.csv", [{"sha256": row["sha256"]}])
    done = pixcrawler("review", NAME, "--accept", decisions, "--json")
    assert done.json["images"]["added"] == 1, done.stderr
    assert row["sha256"] in dataset(workspace, NAME).values()
    check_dataset(workspace, NAME)
    report = pixcrawler("report", NAME)
    assert report.code == 0, report.stderr
    left = [row for row in ledger(workspace, NAME) if row["reason"] == "too-small"]
    page = (workspace / f"datasets/dataset-{NAME}/report.html").read_text("utf-8")
    assert left
    assert "cannot be shown" not in page
    assert pixcrawler("verify", NAME).code == 0
    assert web.log() == []


@pytest.mark.usefixtures("sealed")
def test_a_takedown_removes_the_encrypted_blob(pixcrawler: Command, workspace: Path) -> None:
    image = images(workspace)[0]
    done = pixcrawler("takedown", "--sha256", image["sha256"], "--yes", "--json")
    assert done.json["blobs"] == 1, done.stderr
    assert image["sha256"] not in digests(workspace) | set(dataset(workspace, NAME).values())


@pytest.mark.drill
def test_other_jobs_and_replays_use_what_is_there(
    pixcrawler: Command, workspace: Path, sealed: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    """Also with methods that look at pixels, with labels from pictures, and with blobs in a store."""
    lock = shutil.copytree(workspace / f"datasets/dataset-{NAME}", tmp_path / "sent")
    replayed = pixcrawler(
        "replay", lock, "--name", "twin", "--allow-private-host", "localhost", "--contact", "a@example.org"
    )
    assert replayed.code == 0, replayed.stderr
    assert sorted(dataset(workspace, "twin").values()) == sorted(dataset(workspace, NAME).values())
    assert image_requests(web) == []
    tables = '[dedup]\nmethods = ["pixels", "phash"]\nscope = "workspace"\n[labels]\nlabelers = ["colors"]\n'
    second = write_job(tmp_path / "second.toml", web, CATEGORIES, 2, more=tables)
    done = pixcrawler("run", second)
    assert done.code in (0, 3), done.stderr
    assert not set(dataset(workspace, "second").values()) & set(dataset(workspace, NAME).values())
    check_hidden(workspace)
    store = f'stores = ["filesystem"]\n[storage.filesystem]\npath = {json.dumps(str(tmp_path / "store"))}\n'
    settle(workspace, f"{ON}{store}")
    pushed = pixcrawler("storage", "push", NAME, "--what", "blobs", "--json")
    assert pushed.json[0]["files"] == len(blobs(workspace))
    assert pixcrawler("storage", "usage", "--verify", "--json").json["differences"] == []
    stray = workspace / "blobs/00" / f"{'0' * 64}.sealed"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"stray")
    assert pixcrawler("storage", "gc", "--grace", "0", "--yes", "--json").json["removed"] is True
    assert not stray.exists()
    assert digests(workspace) >= set(dataset(workspace, NAME).values())


def test_a_lost_key_is_told_and_nothing_is_fetched_again(
    pixcrawler: Command, workspace: Path, sealed: Path, web: SimulatedWeb
) -> None:
    """Neither when the file of keys is gone, nor when it is another one; and what is there stays there."""
    keys, before = workspace / "keys.json", blobs(workspace)
    keys.unlink()
    done = pixcrawler("run", sealed)
    assert (done.code, web.log()) == (2, [])
    why = "No such file or directory; put it back from a copy, or make one"
    assert done.stderr == f"the file of keys {keys} cannot be read: {why}\n"
    KeyFile.create(keys)
    shutil.rmtree(workspace / f"datasets/dataset-{NAME}/categories")
    check_locked(pixcrawler("run", more(sealed, web)), LOCKED)
    assert not recorded(workspace) & {each["url"] for each in image_requests(web)}
    assert set(before) <= set(blobs(workspace))


@pytest.mark.drill
def test_keys_can_be_put_back(pixcrawler: Command, workspace: Path, sealed: Path, web: SimulatedWeb) -> None:
    keys = workspace / "keys.json"
    kept = keys.rename(workspace / "kept.json")
    KeyFile.create(keys)
    shutil.rmtree(workspace / f"datasets/dataset-{NAME}/categories")
    check_locked(pixcrawler("report", NAME), LOCKED)
    settle(workspace, "")
    check_locked(pixcrawler("report", NAME), "no keys are named: name them as [storage] keys")
    check_locked(pixcrawler("run", more(sealed, web)), "no keys are named: name them as [storage] keys")
    settle(workspace)
    kept.replace(keys)
    assert pixcrawler("run", sealed).code == 0
    check_dataset(workspace, NAME)


def check_locked(done: Finished, message: str) -> None:
    """One line tells of it."""
    (line,) = done.stderr.splitlines()
    assert (done.code, message in line) == (1, True), line


@pytest.mark.drill
def test_an_erased_owners_blobs_are_unreadable_until_they_are_discarded(
    pixcrawler: Command, workspace: Path, sealed: Path, web: SimulatedWeb
) -> None:
    keys = workspace / "keys.json"
    assert pixcrawler("storage", "keys", "erase", keys, "alice", "--yes").code == 0
    done = pixcrawler("run", more(sealed, web))
    assert (done.code, LOCKED in done.stderr) == (1, True), done.stderr
    requests = len(image_requests(web))
    locked = len(blobs(workspace))
    told = pixcrawler("storage", "keys", "discard", "--yes").stdout
    assert int(told.split()[0]) in range(locked - 5, locked + 1)
    shutil.rmtree(workspace / f"datasets/dataset-{NAME}/categories")
    assert pixcrawler("run", sealed).code == 0
    check_dataset(workspace, NAME)
    check_hidden(workspace)
    assert len(image_requests(web)) - requests >= WANTED * len(CATEGORIES)


@pytest.mark.drill
@pytest.mark.usefixtures("sealed")
def test_rotation_finishes_without_a_store(pixcrawler: Command, workspace: Path) -> None:
    keys = KeyFile(workspace / "keys.json")
    settle(workspace)
    for path in blobs(workspace):
        path.unlink()
    store = Workspace(workspace).blobs
    for number in range(3):
        store.put([b"picture %d" % number])
    assert pixcrawler("storage", "keys", "seal").stdout == "3 blobs encrypted\n"
    old = keys.ring().active
    assert pixcrawler("storage", "keys", "rotate", keys.path).code == 0
    assert pixcrawler("storage", "keys", "rewrap").stdout == "0 objects rewrapped\n3 blobs rewrapped\n"
    assert pixcrawler("storage", "keys", "rewrap").stdout == "0 objects rewrapped\n0 blobs rewrapped\n"
    keys.remove(old)
    assert pixcrawler("storage", "keys", "discard", "--yes").stdout == "0 blobs removed\n"


@pytest.mark.drill
@pytest.mark.parametrize(
    ("table", "command", "message"),
    [
        ('keys = "keys.json"', ["seal"], "add encrypt_blobs = true to [storage] in"),
        ("", ["seal"], "no keys are named for blobs"),
        ("", ["discard", "--yes"], "no keys are named for blobs"),
        (ON, ["discard"], "there is no terminal to ask; add --yes"),
    ],
)
def test_settings_that_do_not_fit(
    pixcrawler: Command, workspace: Path, table: str, command: list[str], message: str
) -> None:
    KeyFile.create(settle(workspace, table))
    done = pixcrawler("storage", "keys", *command)
    assert (done.code, message in done.stderr) == (2, True), done.stderr


@pytest.fixture
def busy(workspace: Path) -> Iterator[None]:
    """A run is under way in the workspace."""
    lock = Workspace(workspace).attend()
    yield
    lock.release()


@pytest.mark.drill
@pytest.mark.usefixtures("sealed", "busy")
@pytest.mark.parametrize("command", [["seal"], ["rewrap"], ["discard", "--yes"]])
def test_blobs_are_rewritten_alone(pixcrawler: Command, command: list[Any]) -> None:
    done = pixcrawler("storage", "keys", *command)
    assert done.code == 1
    assert "a run is under way in the workspace" in done.stderr
