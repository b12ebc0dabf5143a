"""`pixcrawler takedown`: what goes, what stays, that nothing returns, and that a kill loses nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until
from tests.e2e.jobs import check_dataset, image_requests, ledger, rows_in_catalog, write_job
from tests.e2e.reviews import CATEGORIES, MORE, NAME, WANTED, everything, images

FOLDER = f"dataset-{NAME}"


def gone(workspace: Path, image: dict[str, Any]) -> None:
    """Nothing in the workspace has the picture any more, nor tells of it but for its URL and digest."""
    assert not [path for path in everywhere(workspace) if image["sha256"] in digests_in(path)]
    assert not (workspace / "blobs" / image["sha256"][:2] / image["sha256"]).exists()
    for path in (workspace / "datasets").rglob("manifest.json"):
        assert image["sha256"] not in path.read_text("utf-8")
    (row,) = [row for row in ledger(workspace, NAME) if row["id"] == image["row"]]
    assert (row["state"], row["stage"], row["reason"]) == ("refused", "takedown", "taken-down")
    assert row["title"] is None
    assert row["creator"] is None


def everywhere(workspace: Path) -> list[Path]:
    return [
        path
        for path in workspace.rglob("*")
        if path.is_file() and not path.is_relative_to(workspace / "locks")
    ]


def digests_in(path: Path) -> set[str]:
    """The digest of a file, and those of the files in a ZIP."""
    found = {hashlib.sha256(path.read_bytes()).hexdigest()}
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            found |= {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    return found


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("by", ["page", "phash"])
def test_an_image_goes_from_everywhere(pixcrawler: Command, workspace: Path, by: str) -> None:
    first, *others = images(workspace)
    assert pixcrawler("export", NAME, "--format", "folder", "--format", "parquet").code == 0
    done = pixcrawler("takedown", f"--{'url' if by == 'page' else by}", first[by], "--yes", "--json")
    assert done.code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["images"] == {NAME: 1}
    assert told["blobs"] >= 1
    names = {kind: [Path(path).name for path in paths] for kind, paths in told["exports"].items()}
    assert names == {
        "removed": [f"{FOLDER}-imagefolder", f"{FOLDER}.parquet"],
        "written": [f"{FOLDER}.zip"],
        "left": [],
    }
    gone(workspace, first)
    assert [each["path"] for each in images(workspace)] == [each["path"] for each in others]
    counts = check_dataset(workspace, NAME)
    assert sum(counts.values()) == len(others)
    verified = pixcrawler("verify", NAME)
    assert verified.code == 0, verified.stdout


@pytest.mark.drill
@pytest.mark.usefixtures("job")
def test_versions_that_are_kept_lose_it_too(
    pixcrawler: Command, workspace: Path, job: Path, web: SimulatedWeb
) -> None:
    first = images(workspace)[0]
    assert pixcrawler("run", write_job(job, web, CATEGORIES, WANTED + 1, more=MORE)).code == 0
    kept = workspace / f"datasets/{FOLDER}.v1"
    before = len(json.loads((kept / "manifest.json").read_text("utf-8"))["images"])
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--yes")
    assert done.code == 0, done.stderr
    gone(workspace, first)
    told = json.loads((kept / "manifest.json").read_text("utf-8"))
    assert len(told["images"]) == before - 1
    assert sorted(path.name for path in kept.rglob("image_*")) == sorted(
        Path(each["path"]).name for each in told["images"]
    )
    assert not (kept / "metadata/ledger.parquet").exists()
    assert first["path"] not in (kept / "metadata/ATTRIBUTION.md").read_text("utf-8")


@pytest.mark.drill
def test_it_never_returns(
    tmp_path: Path, pixcrawler: Command, workspace: Path, job: Path, web: SimulatedWeb
) -> None:
    """Not in a run of the same job, nor in another one that finds the same bytes elsewhere."""
    first = images(workspace)[0]
    assert pixcrawler("takedown", "--url", first["url"], "--yes").code == 0
    asked = len(image_requests(web))
    done = pixcrawler("run", job, "--json")
    assert done.code in (0, 3), done.stderr
    assert first["sha256"] not in {each["sha256"] for each in images(workspace)}
    assert first["url"] not in {request["url"] for request in image_requests(web)[asked:]}
    (tmp_path / "list.txt").write_text(f"{first['url']}?another=address\n")
    again = pixcrawler("fetch", tmp_path / "list.txt", "--name", "again", "--allow-private-host", "localhost")
    assert again.code == 3, again.stderr
    (row,) = ledger(workspace, "again")
    assert (row["state"], row["reason"]) == ("refused", "taken-down")
    gone(workspace, first)


@pytest.mark.drill
@pytest.mark.usefixtures("job")
def test_all_images_of_a_creator_or_host(pixcrawler: Command, workspace: Path) -> None:
    creator = next(each["creator"] for each in images(workspace) if each["creator"])
    his = [each for each in images(workspace) if each["creator"] == creator]
    done = pixcrawler("takedown", "--creator", f"  {creator.upper()} ", "--yes", "--json")
    assert json.loads(done.stdout)["images"] == {NAME: len(his)}
    for image in his:
        gone(workspace, image)
    done = pixcrawler("takedown", "--host", "LOCALHOST", "--host", "127.0.0.1", "--yes")
    assert done.code == 0, done.stderr
    assert images(workspace) == []
    assert not [path for path in (workspace / "blobs").rglob("*") if path.is_file() and len(path.name) == 64]


@pytest.mark.usefixtures("job")
def test_a_dry_run_changes_nothing(pixcrawler: Command, workspace: Path) -> None:
    before = everything(workspace)
    first = images(workspace)[0]
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--dry-run", "--json")
    assert done.code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["dry_run"], told["images"]) == (True, {NAME: 1})
    assert [Path(path).name for path in told["folders"]] == [FOLDER]
    assert everything(workspace) == before
    assert rows_in_catalog(workspace, "SELECT * FROM tombstone") == []


@pytest.mark.usefixtures("job")
def test_it_is_in_the_log(pixcrawler: Command, workspace: Path) -> None:
    first = images(workspace)[0]
    assert pixcrawler("takedown", "--sha256", first["sha256"], "--yes", "--note", "asked by mail").code == 0
    query = "SELECT details FROM activity_log WHERE action = 'takedown'"
    ((details,),) = rows_in_catalog(workspace, query)
    told = json.loads(details)
    assert told["rules"] == [f"sha256 {first['sha256']}"]
    assert (told["images"], told["note"]) == ({NAME: 1}, "asked by mail")
    log = (workspace / f"datasets/{FOLDER}/metadata/processing_log.txt").read_text("utf-8")
    assert "images taken down" in log


@pytest.mark.usefixtures("job")
def test_exports_elsewhere_are_listed(pixcrawler: Command, workspace: Path, tmp_path: Path) -> None:
    assert pixcrawler("export", NAME, "--format", "jsonl", "--output", tmp_path / "there").code == 0
    first = images(workspace)[0]
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--yes")
    assert f"may have such images, left as it is: {tmp_path / 'there' / FOLDER}.jsonl" in done.stdout


@pytest.mark.usefixtures("job")
def test_files_of_others_are_left_and_told(pixcrawler: Command, workspace: Path) -> None:
    own = workspace / f"exports/{FOLDER}-mine.zip"
    own.write_bytes(b"mine")
    assert pixcrawler("export", NAME, "--format", "7z", "--format", "folder").code == 0
    done = pixcrawler("takedown", "--sha256", images(workspace)[0]["sha256"], "--yes", "--json")
    told = json.loads(done.stdout)["exports"]
    assert [Path(path).name for path in told["removed"]] == [f"{FOLDER}-imagefolder", f"{FOLDER}.7z"]
    assert told["left"] == [str(own)]
    assert own.read_bytes() == b"mine"


@pytest.mark.usefixtures("job")
def test_what_killed_processes_left_goes_too(pixcrawler: Command, workspace: Path) -> None:
    """Also a folder that was set aside, and comes back without the image."""
    first = images(workspace)[0]
    folder = workspace / f"datasets/{FOLDER}"
    shutil.copytree(folder, workspace / f"datasets/.{FOLDER}.v1.part")
    shutil.copytree(folder, workspace / f"datasets/.{FOLDER}.v2.earlier")
    shutil.copytree(folder, workspace / f"exports/.{FOLDER}-webdataset.part")
    folder.rename(workspace / f"datasets/.{FOLDER}.earlier")
    assert pixcrawler("takedown", "--sha256", first["sha256"], "--yes").code == 0
    gone(workspace, first)
    assert not [*workspace.glob("datasets/.*"), *workspace.glob("exports/.*")]
    check_dataset(workspace, NAME)


@pytest.mark.usefixtures("job")
def test_exports_go_without_the_folder_of_their_dataset(pixcrawler: Command, workspace: Path) -> None:
    first = images(workspace)[0]
    shutil.rmtree(workspace / f"datasets/{FOLDER}")
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--yes")
    assert done.code == 0, done.stderr
    assert f"export removed: {workspace / 'exports' / FOLDER}.zip" in done.stdout
    assert not [path for path in everywhere(workspace) if first["sha256"] in digests_in(path)]


def test_what_is_broken_elsewhere_does_not_stop_it(
    pixcrawler: Command, workspace: Path, job: Path, web: SimulatedWeb
) -> None:
    """A picture that is missing, a version that lacks one, a policy that is gone."""
    first, second, *_ = images(workspace)
    (job.parent / "rules.toml").write_text('allow = ["*"]\n')
    more = MORE.replace("formats = ['zip']", "formats = ['zip']\npolicy = 'rules.toml'")
    assert pixcrawler("run", write_job(job, web, CATEGORIES, WANTED + 1, more=more)).code == 0
    (job.parent / "rules.toml").unlink()
    (workspace / f"datasets/{FOLDER}.v1" / second["path"]).unlink()
    (workspace / f"datasets/{FOLDER}" / second["path"]).unlink()
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--yes")
    assert done.code == 1
    assert f"dataset {NAME} was not assembled anew: licence policy" in done.stderr
    assert not [path for path in everywhere(workspace) if first["sha256"] in digests_in(path)]
    assert rows_in_catalog(workspace, "SELECT * FROM tombstone WHERE swept_at IS NULL") == []


@pytest.mark.usefixtures("job")
def test_a_takedown_that_is_killed_goes_on(pixcrawler: Command, workspace: Path) -> None:
    """Killed once the catalog has it: the files go when the same command is given again."""
    first = images(workspace)[0]
    command = pixcrawler.start("takedown", "--sha256", first["sha256"], "--yes")
    until(lambda: bool(rows_in_catalog(workspace, "SELECT * FROM tombstone")))
    command.send_signal(signal.SIGKILL)
    command.wait()
    assert pixcrawler("takedown", "--sha256", first["sha256"], "--yes").code == 0
    gone(workspace, first)
    check_dataset(workspace, NAME)


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name what is meant"),
        (["--url", "ftp://x/y", "--yes"], "give an http or https address"),
        (["--host", "https://example.org/", "--yes"], "give the name of a host"),
        (["--sha256", "abc", "--yes"], "give 64 hex digits"),
        (["--phash", "g" * 16, "--yes"], "give 16 hex digits"),
        (["--creator", " ", "--yes"], "give a name or an address"),
        (["--phash", "0" * 16, "--radius", "11", "--yes"], "11 is not in the range"),
        (["--host", "example.org"], "there is no terminal to ask; add --yes"),
    ],
)
def test_bad_input_changes_nothing(
    pixcrawler: Command, workspace: Path, arguments: list[str], message: str
) -> None:
    before = everything(workspace)
    done = pixcrawler("takedown", *arguments)
    assert done.code == 2
    assert message in done.stderr
    assert everything(workspace) == before


@pytest.mark.usefixtures("job")
def test_while_something_runs_nothing_is_taken_down(pixcrawler: Command, workspace: Path) -> None:
    with Workspace(workspace).lock(NAME):
        done = pixcrawler("takedown", "--host", "localhost", "--yes")
    assert done.code == 1
    assert "is in use" in done.stderr
    with Workspace(workspace).attend():
        done = pixcrawler("takedown", "--host", "localhost", "--yes")
    assert done.code == 1
    assert "a run is under way in the workspace" in done.stderr


def test_while_something_is_taken_down_nothing_runs(pixcrawler: Command, workspace: Path, job: Path) -> None:
    """Also no job that the catalog has not seen: it would go by what was taken down before."""
    with Workspace(workspace).attend(alone=True):
        done = pixcrawler("run", job)
    assert done.code == 1
    assert "a takedown (held by process" in done.stderr


def test_a_folder_that_cannot_be_read_is_not_passed_over(
    pixcrawler: Command, workspace: Path, job: Path
) -> None:
    """The catalog has the takedown; what is left to be done is done by the next one, whatever it names."""
    first, second, *_ = images(workspace)
    copy = workspace / "datasets/dataset-copy"
    shutil.copytree(workspace / f"datasets/{FOLDER}", copy)
    (copy / "manifest.json").write_text('{\n "images": [\n{"sha256": \n]}')
    before = everything(workspace)
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--yes")
    assert done.code == 1
    assert "it is not known what is in that folder" in done.stderr
    assert everything(workspace) == before
    assert "a takedown was broken off" in pixcrawler("run", job).stderr
    shutil.rmtree(copy)
    assert pixcrawler("takedown", "--sha256", second["sha256"], "--yes").code == 0
    gone(workspace, first)
    gone(workspace, second)
    assert rows_in_catalog(workspace, "SELECT * FROM tombstone WHERE swept_at IS NULL") == []
    check_dataset(workspace, NAME)
