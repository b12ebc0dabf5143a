"""Duplicates in a crawl: near ones, better ones, those of other datasets, and after kill -9."""

from __future__ import annotations

import json
import os
import pty
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image as Picture

from pixcrawler_core.testing.web import SimulatedWeb
from tests.cli.test_files import on_a_terminal
from tests.conftest import PHOTOGRAPHS, Command, until
from tests.e2e.jobs import check_dataset, dataset, ledger, manifest, rows_in_catalog

NEAR = 'methods = ["sha256", "phash"]'


def small(web: SimulatedWeb, key: str, width: int = 400) -> str:
    """The address of a smaller version of a photograph."""
    return web.url(f"/thumb/{width}/{key}", "photos-2")


def write_list(folder: Path, name: str, urls: list[str], dedup: str = NEAR) -> Path:
    """A job over a list of URLs, with a table `[dedup]`."""
    (folder / f"{name}.txt").write_text("\n".join(urls))
    job = folder / f"{name}.toml"
    job.write_text(
        f'[job]\nname = "{name}"\nreport = false\n[urls]\nfile = "{name}.txt"\n[dedup]\n{dedup}\n'
        '[fetch]\ncontact = "https://example.org/bot"\nallow_private_hosts = ["localhost"]\n'
    )
    return job


@pytest.fixture
def keys(web: SimulatedWeb) -> list[str]:
    """Keys of six photographs."""
    return [each["key"] for each in web.photographs()[:6]]


def sizes(workspace: Path, name: str) -> list[int]:
    """Widths of the images of a dataset, in their order."""
    return [each["width"] for each in manifest(workspace, name)["images"]]


def test_the_best_of_near_duplicates_is_kept(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    urls = [
        small(web, keys[0]),
        web.photograph_url(keys[0]),
        small(web, keys[0], 380),
        web.photograph_url(keys[1]),
    ]
    done = pixcrawler("run", write_list(tmp_path, "best", urls), "--json")
    assert (done.code, done.json["accepted"]) == (0, 2), done.stderr
    assert check_dataset(workspace, "best") == {"images": 2}
    first, second, third, _ = sorted(ledger(workspace, "best"), key=lambda row: row["id"])
    assert min(sizes(workspace, "best")) > 400
    assert (first["state"], first["reason"], first["duplicate_of"]) == ("duplicate", "replaced", second["id"])
    assert (second["state"], second["number"]) == ("accepted", 1)
    assert (third["reason"], third["duplicate_of"]) == ("duplicate", second["id"])
    assert third["detail"].startswith(f"the same as row {second['id']} (phash, distance ")


def test_the_first_is_kept_if_asked(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    job = write_list(
        tmp_path, "first", [small(web, keys[0]), web.photograph_url(keys[0])], NEAR + '\nkeep = "first"'
    )
    assert pixcrawler("run", job).code == 0
    assert sizes(workspace, "first") == [400]


def test_other_rules_choose_again_without_a_download(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    urls = [small(web, keys[0]), web.photograph_url(keys[0]), web.photograph_url(keys[1])]
    assert pixcrawler("run", write_list(tmp_path, "again", urls, 'methods = ["sha256"]')).code == 0
    assert check_dataset(workspace, "again") == {"images": 3}
    done = pixcrawler("run", write_list(tmp_path, "again", urls), "--json")
    assert (done.json["fetched"], done.json["accepted"]) == (0, 2)
    assert check_dataset(workspace, "again") == {"images": 2}


@pytest.mark.drill
def test_what_another_dataset_has_is_left_out(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    one = [web.photograph_url(key) for key in keys[:3]]
    assert pixcrawler("run", write_list(tmp_path, "one", one, 'methods = ["sha256"]')).code == 0
    other = [small(web, keys[1]), web.photograph_url(keys[2], "photos-2"), web.photograph_url(keys[3])]
    own = pixcrawler("run", write_list(tmp_path, "own", other), "--json")
    assert own.json["accepted"] == 3
    everywhere = NEAR + '\nscope = "workspace"'
    done = pixcrawler(
        "run", write_list(tmp_path, "new", [*other, web.photograph_url(keys[4])], everywhere), "--json"
    )
    assert done.json["accepted"] == 1
    assert check_dataset(workspace, "new") == {"images": 1}
    assert {row["reason"] for row in ledger(workspace, "new") if row["state"] == "duplicate"} == {"duplicate"}


@pytest.mark.drill
def test_a_set_that_must_not_be_met_is_left_out(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    (tmp_path / "evaluation").mkdir()
    for key in keys[:2]:
        shutil.copy(PHOTOGRAPHS / key, tmp_path / "evaluation")
    against = NEAR + '\nagainst = ["evaluation.index"]'
    job = write_list(tmp_path, "apart", [small(web, keys[0]), *map(web.photograph_url, keys[1:4])], against)
    missing = pixcrawler("run", job)
    assert missing.code == 2
    assert "'evaluation.index' is no collection; make one with pixcrawler dedup --index" in missing.stderr
    assert pixcrawler("dedup", "evaluation", "--index", "evaluation.index").code == 0
    done = pixcrawler("run", job, "--json")
    assert (done.code, done.json["accepted"]) == (0, 2), done.stderr
    rows = [row for row in ledger(workspace, "apart") if row["reason"] == "in-reference"]
    assert [row["detail"].split(" (")[0].rpartition("/")[2] for row in rows] == [
        Path(key).name for key in keys[:2]
    ]


def test_a_picture_is_looked_up_in_all_datasets(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    nothing = pixcrawler("dedup", PHOTOGRAPHS / keys[0], "--known")
    assert (nothing.code, "there is no workspace at" in nothing.stderr) == (1, True)
    assert not workspace.exists()
    job = write_list(tmp_path, "looked-up", [web.photograph_url(key) for key in keys[:2]])
    assert pixcrawler("run", job).code == 0
    with Picture.open(PHOTOGRAPHS / keys[0]) as picture:
        picture.resize((300, 300 * picture.height // picture.width)).save(tmp_path / "small.jpg")
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "small.jpg").read_bytes()[:500])
    files = (tmp_path / "small.jpg", PHOTOGRAPHS / keys[3], tmp_path / "broken.jpg")
    done = pixcrawler("dedup", *files, "--known", "--json")
    known, other = map(json.loads, done.stdout.splitlines())
    assert [(each["dataset"], each["method"]) for each in known["known"]] == [("looked-up", "phash")]
    assert (workspace / "datasets/dataset-looked-up" / known["known"][0]["path"]).exists()
    assert (other["known"], "broken.jpg: truncated" in done.stderr) == ([], True)
    told = pixcrawler("dedup", files[0], files[1], "--known").stdout.splitlines()
    assert [line.partition(": ")[2].split(" (")[0] for line in told] == [
        f"{workspace}/datasets/dataset-looked-up/{known['known'][0]['path']}",
        "not known",
    ]
    assert web.photograph_url(keys[0]) in told[0]


@pytest.mark.drill
def test_every_picture_of_a_dataset_is_looked_up_at_distance_0(
    tmp_path: Path, pixcrawler: Command, web: SimulatedWeb
) -> None:
    photographs = [each["key"] for each in web.photographs()[:24]]
    job = write_list(tmp_path, "exactly", [web.photograph_url(key) for key in photographs])
    assert pixcrawler("run", job).code == 0
    files = [PHOTOGRAPHS / key for key in photographs]
    done = pixcrawler("dedup", *files, "--known", "--method", "phash", "--radius", 0)
    assert "24 files: 24 known to the workspace" in done.stderr


def test_what_is_made_for_a_look_up_is_shown_and_kept(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    job = write_list(tmp_path, "plainly", [web.photograph_url(key) for key in keys], 'methods = ["sha256"]')
    assert pixcrawler("run", job).code == 0
    told = "SELECT sha256 FROM kept_measures WHERE check_key LIKE 'dedup/phash@%'"
    assert rows_in_catalog(workspace, told) == []
    look_up = ("dedup", PHOTOGRAPHS / keys[0], "--known", "--method", "phash")
    ours, theirs = pty.openpty()
    process = pixcrawler.start(*look_up, stderr=theirs, environment={"TERM": "xterm"})
    os.close(theirs)
    assert "6/6" in on_a_terminal(process, ours)
    assert len(rows_in_catalog(workspace, told)) == 6
    shutil.rmtree(workspace / "indexes")
    for blob in (each for each in (workspace / "blobs").rglob("*") if each.is_file()):
        blob.write_bytes(b"whoever reads this makes a fingerprint again")
    assert "1 file: 1 known" in pixcrawler(*look_up).stderr


@pytest.mark.drill
def test_what_was_measured_is_in_the_manifest(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    job = write_list(tmp_path, "figures", [web.photograph_url(key) for key in keys[:2]])
    assert pixcrawler("run", job).code == 0
    assert manifest(workspace, "figures")["dedup"]["accuracy"] == []
    shutil.copy(PHOTOGRAPHS / keys[0], tmp_path / "a.jpg")
    shutil.copy(PHOTOGRAPHS / keys[1], tmp_path / "b.jpg")
    with Picture.open(tmp_path / "a.jpg") as picture:
        picture.resize((300, 300)).save(tmp_path / "c.png")
    (tmp_path / "labelled.csv").write_text("path,group\na.jpg,1\nb.jpg,2\nc.png,1\n")
    for _ in range(2):
        assert pixcrawler("dedup", "--measure", "labelled.csv", "--config", job).code == 0
    assert pixcrawler("dedup", "--measure", "labelled.csv", "--method", "phash", "--radius", "3").code == 0
    write_list(tmp_path, "figures", [web.photograph_url(key) for key in keys[:3]])
    assert pixcrawler("run", job).code == 0
    told = manifest(workspace, "figures")["dedup"]
    assert [each["name"] for each in told["methods"]] == ["sha256", "phash"]
    assert (told["scope"], told["keep"], told["against"]) == ("dataset", "best", [])
    figures = {tuple(method["name"] for method in each["methods"]): each for each in told["accuracy"]}
    assert figures.keys() == {("sha256",), ("phash",), ("sha256", "phash")}
    assert [figures[each,]["recall"] for each in ("sha256", "phash")] == [0, 1]
    assert figures["sha256", "phash"]["labels"] == "labelled.csv"


@pytest.mark.drill
def test_a_lost_index_is_made_again(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    urls = [web.photograph_url(key) for key in keys[:3]]
    assert pixcrawler("run", write_list(tmp_path, "lost", urls)).code == 0
    shutil.rmtree(workspace / "indexes")
    more = [small(web, keys[0]), small(web, keys[1]), web.photograph_url(keys[4])]
    done = pixcrawler("run", write_list(tmp_path, "lost", [*urls, *more]), "--json")
    assert (done.code, done.json["accepted"]) == (0, 4)


@pytest.mark.drill
@pytest.mark.timeout(180)
def test_killed_at_any_moment_index_and_ledger_agree(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    photographs = [each["key"] for each in web.photographs()[:24]]
    urls = [*(small(web, key) for key in photographs), *(web.photograph_url(key) for key in photographs)]
    job = write_list(tmp_path, "killed", urls)
    assert pixcrawler("run", job, "--workspace", tmp_path / "undisturbed", "-q").code == 0
    web.delay(40)
    moments = random.Random(5)
    for kept in (2, 6, 11, 17, 21):
        process = pixcrawler.start("run", job, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda kept=kept, process=process: _kept(workspace) >= kept or process.poll() is not None)  # type: ignore[misc]
        time.sleep(moments.random() / 50)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert _decided(workspace) < len(urls), "it was done before it was killed"
    web.delay(0)
    assert pixcrawler("run", job).code == 0
    assert dataset(workspace, "killed") == dataset(tmp_path / "undisturbed", "killed")
    assert min(sizes(workspace, "killed")) > 400


@pytest.mark.drill
def test_what_a_killed_job_was_about_to_keep_is_no_original(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, keys: list[str]
) -> None:
    everywhere = NEAR + '\nscope = "workspace"'
    urls = [web.photograph_url(key) for key in keys]
    assert pixcrawler("run", write_list(tmp_path, "killed", urls, everywhere)).code == 0
    with closing(sqlite3.connect(workspace / "catalog.db")) as catalog, catalog:
        # As it is between the choice of the last images and the end of the transaction that keeps them.
        catalog.execute("DELETE FROM image WHERE number > 3")
        catalog.execute("UPDATE ledger_row SET state = 'fetched', number = NULL WHERE number > 3")
        catalog.execute("UPDATE crawl_job SET status = 'running'")
    job = write_list(tmp_path, "new", urls, everywhere)
    assert pixcrawler("run", job, "--json").json["accepted"] == 3


def _kept(workspace: Path) -> int:
    """Images that the dataset has so far."""
    if not (workspace / "catalog.db").exists():
        return 0
    tables = rows_in_catalog(workspace, "SELECT 1 FROM sqlite_schema WHERE name = 'image'")
    return int(rows_in_catalog(workspace, "SELECT COUNT(*) FROM image")[0][0]) if tables else 0


def _decided(workspace: Path) -> int:
    """URLs of which it is clear what became of them."""
    statement = "SELECT COUNT(*) FROM ledger_row WHERE state NOT IN ('found', 'fetched')"
    return int(rows_in_catalog(workspace, statement)[0][0])
