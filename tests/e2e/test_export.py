"""`pixcrawler export DATASET`: formats, parts of a dataset, changed pictures, and bad input."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from tests.conftest import Command
from tests.e2e.reviews import NAME, everything

FOLDER = f"dataset-{NAME}"


def written(workspace: Path, name: str = FOLDER) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest in an exported ZIP file, and all files in it."""
    with zipfile.ZipFile(workspace / f"exports/{name}.zip") as archive:
        files = {path.removeprefix(f"{name}/"): archive.read(path) for path in archive.namelist()}
    return json.loads(files["manifest.json"]), files


def edit(workspace: Path, old: str, new: str) -> None:
    """Edit the manifest by hand, as a person would."""
    path = workspace / f"datasets/{FOLDER}/manifest.json"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def images_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = manifest["images"]
    return images


@pytest.mark.usefixtures("job")
def test_formats_are_written_whenever_they_are_wanted(pixcrawler: Command, workspace: Path) -> None:
    done = pixcrawler("export", NAME, "--format", "jsonl", "--format", "folder", "--json")
    assert done.code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["dataset"] == FOLDER
    assert [(Path(each["path"]).name, each["images"]) for each in told["exports"]] == [
        (f"{FOLDER}.jsonl", 8),
        (f"{FOLDER}-imagefolder", 8),
    ]
    assert len((workspace / f"exports/{FOLDER}.jsonl").read_text().splitlines()) == 8


@pytest.mark.usefixtures("job")
def test_without_options_the_job_counts(pixcrawler: Command, workspace: Path) -> None:
    zipped = workspace / f"exports/{FOLDER}.zip"
    before = zipped.read_bytes()
    zipped.unlink()
    done = pixcrawler("export", f"datasets/{FOLDER}", "--output", workspace / "there", cwd=workspace)
    assert done.code == 0, done.stderr
    assert (workspace / f"there/{FOLDER}.zip").read_bytes() == before


def test_a_job_file_can_say_what_is_written(pixcrawler: Command, workspace: Path, job: Path) -> None:
    other = job.with_name("export.toml")
    (job.parent / "rules.toml").write_text('deny = ["*"]\n')
    other.write_text('[export]\nformats = ["zip"]\npolicy = "rules.toml"\n')
    done = pixcrawler("export", NAME, "--config", other)
    assert done.code == 1, done.stderr
    assert "has no images: none fits" in done.stderr
    assert "is denied by '*'" in done.stdout
    (path,) = (workspace / "exports").glob(f"{FOLDER}-rules-????????.zip")
    manifest, _ = written(workspace, path.stem)
    assert images_of(manifest) == []


@pytest.mark.usefixtures("job")
def test_only_images_of_a_policy(pixcrawler: Command, workspace: Path) -> None:
    """What lists images lists these, and nothing tells of the others."""
    before = json.loads((workspace / f"datasets/{FOLDER}/manifest.json").read_text("utf-8"))["images"]
    first = before[0]
    edit(workspace, f'"licence": "{first["licence"]}"', '"licence": "cc-by-nc-4.0"')
    edit(workspace, f'"licence_url": "{first["licence_url"]}"', '"licence_url": null')
    done = pixcrawler("export", NAME, "--policy", "commercial")
    assert done.code == 0, done.stderr
    assert "7 images; 1 left out (cc-by-nc-4.0 does not allow commercial use)" in done.stdout
    manifest, files = written(workspace, f"{FOLDER}-commercial")
    paths = [each["path"] for each in images_of(manifest)]
    assert paths == [each["path"] for each in before[1:]]
    assert manifest["export"] == {"splits": [], "policy": "commercial", "images": 7}
    assert {name for name in files if name.startswith("categories/")} == set(paths)
    assert first["path"] not in files["metadata/ATTRIBUTION.md"].decode()
    assert paths[0] in files["metadata/ATTRIBUTION.md"].decode()
    assert not {"metadata/pixcrawler.lock", "metadata/quality.json", "report.html"} & files.keys()
    assert sorted(manifest["files"]) == sorted(name for name in files if not name.startswith("categories/"))
    table = pq.read_table(io.BytesIO(files["metadata/images.parquet"]))
    assert table["path"].to_pylist() == paths


@pytest.mark.usefixtures("job")
def test_pictures_in_another_size_and_format(pixcrawler: Command, workspace: Path) -> None:
    size = ("--resize", "center_crop", "--size", "96", "--encode", "webp", "--quality", "60")
    done = pixcrawler("export", NAME, *size)
    assert done.code == 0, done.stderr
    manifest, files = written(workspace, f"{FOLDER}-center_crop-96px-webp-q60")
    assert len(images_of(manifest)) == 8
    for image in images_of(manifest):
        picture = Pillow.open(io.BytesIO(files[image["path"]]))
        assert image["path"].endswith(".webp")
        assert (picture.format, picture.size) == ("WEBP", (96, 96))
        exported = image["exported"]
        assert (exported["format"], exported["width"], exported["height"]) == ("WEBP", 96, 96)
        assert exported["size"] == len(files[image["path"]])
        assert exported["changes"] == ["resized", "converted to WEBP", "metadata removed"]
    original = workspace / f"datasets/{FOLDER}/{Path(images_of(manifest)[0]['path']).with_suffix('.jpg')}"
    assert original.stat().st_size > 10 * len(files[images_of(manifest)[0]["path"]])


@pytest.mark.usefixtures("job")
def test_the_same_export_has_the_same_bytes(pixcrawler: Command, workspace: Path) -> None:
    asked = ("export", NAME, "--max-side", "200", "--format", "zip", "--format", "parquet")
    assert pixcrawler(*asked).code == 0
    before = everything(workspace)
    shutil.rmtree(workspace / "exports")
    assert pixcrawler(*asked).code == 0
    after = everything(workspace)
    names = {f"exports/{FOLDER}-max200px.zip", f"exports/{FOLDER}-max200px.parquet"}
    assert {name: before[name] for name in names} == {name: after[name] for name in names}


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--format", "zipp"], 2, "no exporter is called 'zipp'; did you mean 'zip'?"),
        (["--size", "10"], 2, "`size` and `resize` go together"),
        (["--resize", "border", "--size", "10", "--max-side", "5"], 2, "`max_side` goes without `resize`"),
        (["--resize", "stretch", "--size", "10"], 2, "'no', 'keep_ratio', 'border' or 'center_crop'"),
        (["--split", "training"], 2, "'train', 'val' or 'test'"),
        (["--quality", "0"], 2, "greater than or equal to 1"),
        (["--policy", "comercial"], 2, "did you mean 'commercial'?"),
        (["--policy", "rules.toml"], 2, "rules.toml cannot be read"),
        (["--split", "val"], 1, "none fits (8 split train)"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    pixcrawler: Command, workspace: Path, options: list[str], code: int, message: str
) -> None:
    before = everything(workspace)
    done = pixcrawler("export", NAME, *options)
    assert (done.code, message in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.splitlines()) == 1
    if code == 2:
        assert everything(workspace) == before


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"path": "categories/', '"path": "../../../', "may lead out of the folder"),
        ('"path": "categories/', '"path": "/etc/', "may lead out of the folder"),
        ('"path": ', '"pth": ', "(image 1: its path is None, not text)"),
        ('{"path"', '{{"path"', "is damaged"),
        ('"path": "categories/', '"path": "categories/x/', "is not categories/FOLDER/FILE"),
        ('"path": "categories/', '"path": "categories/x', "is missing; look with pixcrawler verify"),
        ('"path": "categories/', '"path": "manifest.json", "was": "', "is not categories/FOLDER/FILE"),
        (
            '"split": null',
            '"split": "../../../up"',
            "its split is '../../../up', not train, val, test or null",
        ),
        ('"accepted": ', '"taken": ', "accepted' of its head"),
        (' "images": [', ' "pictures": [', "no list of images"),
    ],
)
def test_a_manifest_edited_by_hand(
    pixcrawler: Command, workspace: Path, old: str, new: str, message: str
) -> None:
    """Nothing outside the folder is read, and the export that is there stays."""
    edit(workspace, old, new)
    before = everything(workspace)
    done = pixcrawler("export", NAME, "--format", "zip")
    assert done.code in (1, 2)
    assert message in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert everything(workspace) == before
    assert not list((workspace / "exports").glob(".*"))


@pytest.mark.usefixtures("job")
def test_a_link_out_of_the_dataset_is_not_followed(pixcrawler: Command, workspace: Path) -> None:
    secret = workspace / "secret"
    secret.write_text("secret")
    image = next((workspace / f"datasets/{FOLDER}/categories").rglob("image_*"))
    image.unlink()
    image.symlink_to(secret)
    done = pixcrawler("export", NAME, "--format", "tar_gz")
    assert done.code == 1
    assert "is a link, or below one" in done.stderr


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("name", ["statistics.json", "metadata/ATTRIBUTION.md", "labels/x.json"])
def test_nor_is_one_in_the_place_of_another_file(pixcrawler: Command, workspace: Path, name: str) -> None:
    secret, folder = workspace / "secret", workspace / f"datasets/{FOLDER}"
    secret.write_text("secret")
    image = images_of(json.loads((folder / "manifest.json").read_text("utf-8")))[0]["path"]
    path = folder / name.replace("x", Path(image).with_suffix("").relative_to("categories").as_posix())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(secret)
    done = pixcrawler("export", NAME, "--format", "zip")
    assert done.code == 1
    assert "is a link, or below one" in done.stderr


@pytest.mark.usefixtures("job")
def test_a_folder_from_elsewhere_does_not_say_what_is_written(pixcrawler: Command, workspace: Path) -> None:
    stranger = shutil.copytree(workspace / f"datasets/{FOLDER}", workspace.parent / "stranger")
    before = everything(workspace)
    done = pixcrawler("export", stranger)
    assert done.code == 2
    assert "name what is to be written with --format" in done.stderr
    assert f"({stranger} is not in this workspace" in done.stderr
    assert everything(workspace) == before


@pytest.mark.usefixtures("job")
def test_the_folder_in_which_one_is(pixcrawler: Command, workspace: Path) -> None:
    done = pixcrawler("export", ".", "--format", "csv", cwd=workspace / f"datasets/{FOLDER}")
    assert done.code == 0, done.stderr
    assert (workspace / f"exports/{FOLDER}.csv").is_file()


@pytest.mark.usefixtures("job")
def test_while_a_run_has_the_dataset_nothing_is_exported(pixcrawler: Command, workspace: Path) -> None:
    from pixcrawler_core.workspace import Workspace

    with Workspace(workspace).lock(NAME):
        done = pixcrawler("export", NAME)
    assert done.code == 1
    assert f"is in use (held by process {os.getpid()})" in done.stderr
