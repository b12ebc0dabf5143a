"""Locks and manifests that strangers wrote: each line is in order, or one sentence says what is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.assembly.manifest import image_line
from pixcrawler_core.errors import ConfigError, DatasetError
from pixcrawler_core.provenance.lock import LockWriter
from pixcrawler_core.replay.job import replay_job
from pixcrawler_core.replay.lock import Lock
from pixcrawler_core.replay.rows import Locked, locked_image

IMAGE: dict[str, Any] = {
    "path": "categories/red-panda/image_001.jpg", "sha256": "a" * 64, "size": 9, "phash": "0" * 16,
    "category": "Red Panda", "split": "train", "url": "http://example.org/1.jpg", "engine": "openverse",
    "query": "red panda", "title": "One", "licence": "cc0-1.0",
    "labels": [{"name": "panda", "source": "title", "version": "1", "score": 0.5, "box": [0, 0, 1, 1]}],
    "label_errors": {"objects": "it broke"},
}  # fmt: skip
SECOND = {"path": "categories/red-panda/image_002.jpg"}
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
ANYTHING = VALUES | st.lists(VALUES, max_size=2) | st.dictionaries(st.text(max_size=5), VALUES, max_size=2)


def written(folder: Path, images: Sequence[Mapping[str, Any]], **head: Any) -> Path:
    """A lock of these images, which differ from `IMAGE`, and the manifest beside it, sealed by each other."""
    rows = [{**IMAGE, **image} for image in images]
    text = StringIO()
    lock = LockWriter(text, {"dataset": "pandas", **head})
    lock.begin("images")
    for row in rows:
        lock.image(row)
    lock.begin("files")
    body = lock.end()
    lines = ",\n".join(map(image_line, rows))
    manifest = f'{{"dataset": "pandas",\n "images": [\n{lines}\n],\n "files": [], "lock": "{body}"}}\n'
    (folder / "manifest.json").write_text(manifest, "utf-8")
    lock.seal(hashlib.sha256(manifest.encode()).hexdigest())
    path = folder / "pixcrawler.lock"
    path.write_text(text.getvalue(), "utf-8")
    return path


def test_what_is_in_order_is_read(tmp_path: Path) -> None:
    lock = Lock(written(tmp_path, [{}, SECOND]))
    assert (lock.counts, lock.manifest, lock.warning) == ({"Red Panda": 2}, tmp_path / "manifest.json", None)
    first, second = lock.images()
    assert (first.place, second.place) == (("red-panda", 1), ("red-panda", 2))
    assert first.labelling is not None
    assert (first.labelling.labels, first.labelling.errors) == (IMAGE["labels"], IMAGE["label_errors"])
    assert (first.candidate.title, first.candidate.license) == ("One", "cc0-1.0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"path": "categories/../../../evil/image_001.jpg"}, "may lead out"),
        ({"path": "categories/birds/passwd"}, "none that PixCrawler gives"),
        ({"path": "categories/birds/image_000.jpg"}, "none that PixCrawler gives"),
        ({"path": "categories/birds/image_0001.jpg"}, "none that PixCrawler gives"),
        ({"path": "categories/birds/image_10000001.jpg"}, "none that PixCrawler gives"),
        ({"path": f"categories/birds/image_{'9' * 400}.jpg"}, "none that PixCrawler gives"),
        ({"path": "categories/Birds/image_001.jpg"}, "none that PixCrawler gives"),
        ({"path": "categories/red-panda/image_002.png"}, "two images with number 2"),
        ({"path": "categories/birds/image_009.jpg"}, "share a folder, or one has two"),
        ({"path": "categories/red-panda/image_009.jpg", "category": "Birds"}, "share a folder"),
        ({"sha256": "../../../../etc/passwd"}, "not 64 hex digits"),
        ({"sha256": None}, "not 64 hex digits"),
        ({"size": 1e300}, "not a number of bytes"),
        ({"size": -1}, "not a number of bytes"),
        ({"split": "all"}, "none of train, val, test"),
        ({"split": 1}, "not a text"),
        ({"phash": "0" * 15}, "not 16 hex digits"),
        ({"url": None}, "its url is not told"),
        ({"category": ["birds"]}, "not a text"),
        ({"engine": "a\nb"}, "no name of a source"),
        ({"title": "x" * 100_001}, "not a text"),
        ({"labels": None}, "no list of labels"),
        ({"labels": [7]}, "its name is not told"),
        ({"labels": [{"name": "x", "source": "title"}]}, "its version is not told"),
        ({"labels": [{"name": "\n", "source": "title", "version": "1"}]}, "1 to 200 characters"),
        ({"labels": [{"name": "x", "source": "a", "version": "1", "box": [0, 0, 9, 9]}]}, "from 0 to 1"),
        ({"labels": [{"name": "x", "source": "a", "version": "1", "attributes": 3}]}, "not iterable"),
        ({"labels": [{"name": "x", "source": "a", "version": "1", "score": "high"}]}, "is a number"),
        ({"label_errors": {"x": 3}}, "not a text"),
    ],
)
def test_a_wrong_line_is_told(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    with pytest.raises(DatasetError, match=why) as told:
        Lock(written(tmp_path, [SECOND, {"path": "categories/red-panda/image_003.jpg"} | change]))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no list of images"),
        ("no JSON at all", "no list of images"),
        ('{"lock": 1,\n "images": [\n{]\n],\n "manifest": ""\n}\n', "not JSON"),
        ('{"lock": 1,\n "images": [\n', "cut short"),
        ('{"lock": 2,\n "images": [\n],\n "manifest": ""\n}\n', "has the form 2"),
        ('{"lock": [1],\n "images": [\n],\n "manifest": ""\n}\n', "has the form"),
        ('{"dataset": "x",\n "images": [\n],\n "files": []\n}\n', "is a manifest; name the lock"),
    ],
)
def test_what_is_no_lock_is_told(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "odd.lock"
    path.write_text(text)
    with pytest.raises(DatasetError, match=why):
        Lock(path)
    with pytest.raises(DatasetError, match="cannot be read"):
        Lock(tmp_path)


def test_a_manifest_that_proves_other_images_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, [{}])
    manifest = (tmp_path / "manifest.json").read_text().replace("/1.jpg", "/2.jpg")
    (tmp_path / "manifest.json").write_text(manifest)
    assert Lock(path).warning is not None
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    *lines, _, end = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, f' "manifest": "{digest}"\n', end]))
    with pytest.raises(DatasetError, match="tell different images"):
        Lock(path)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ({"dataset": "..."}, "needs a letter"),
        ({"dataset": 7}, "name"),
        ({"job": {"splits": {"train": 7}}}, "train"),
        ({"job": {"splits": [1]}}, "splits"),
        ({"job": {"labels": {"files": ["exe"]}}}, "files"),
    ],
)
def test_a_job_that_cannot_be_is_told(tmp_path: Path, head: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        replay_job(Lock(written(tmp_path, [{}], **head)), None, {})


def test_of_the_job_only_splits_and_label_files_are_taken_over(tmp_path: Path) -> None:
    harm = {"fetch": {"allow_private_hosts": True, "robots": False}, "dedup": {"against": ["/etc"]}}
    more = {"export": {"formats": ["zip"]}, "labels": {"labelers": ["llm_vision"], "files": ["json"]}}
    lock = Lock(written(tmp_path, [{"size": 2**40}], job={**harm, **more, "splits": {"train": 1.0}}))
    told = replay_job(lock, "../x", {}).model_dump(mode="json", exclude_defaults=True)
    assert told == {
        "job": {"name": "../x"},
        "urls": {"file": "pixcrawler.lock"},
        "fetch": {"max_bytes": 10 * 2**30},
        "dedup": {"methods": []},
        "labels": {"labelers": [], "files": ["json"]},
        "splits": {"train": 1.0},
    }
    assert replay_job(lock, "../x", {}).slug == "x"


@given(st.dictionaries(st.sampled_from(sorted(IMAGE)), ANYTHING, max_size=3), st.booleans())
def test_any_row_is_taken_or_refused(change: dict[str, Any], both: bool) -> None:
    row = json.loads(json.dumps(IMAGE | change))
    try:
        image = locked_image(row, row if both else None)
    except ValueError:
        return
    assert isinstance(image, Locked)
    assert 1 <= image.number <= 10_000_000
    assert image.path.startswith(f"categories/{image.folder}/image_")
