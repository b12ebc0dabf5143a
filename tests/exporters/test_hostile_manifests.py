"""Exports of datasets whose manifests strangers wrote: an export or a sentence, and nothing elsewhere."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.components import Exporter
from pixcrawler_core.errors import DatasetError, PixCrawlerError
from tests.exporters.made import PERSON, dataset, entries, opened, registry

FORMATS = sorted(registry().all(Exporter))
HEAD: Mapping[str, Any] = {
    "pixcrawler": "0.1.0",
    "dataset": "places",
    "name": "Places",
    "version": 1,
    "previous": None,
    "created_at": "2026-01-02T03:04:05Z",
    "categories": {"castles": {"wanted": 1, "accepted": 1}, "ruins": {"wanted": 1, "accepted": 1}},
    "job": {
        "job": {"validation": "fast"},
        "sources": {"filters": {"colour": "red"}},
        "fetch": {"contact": "https://example.org"},
        "validators": {"size": {}},
    },
    "keywords": {"queries": [{"text": "castles"}]},
    "dedup": {"methods": [{"name": "sha256"}]},
    "splits": {"shares": {"train": 0.5}, "together": ["page"]},
}
CONSENT = {"robots_txt": "none", "checked_at": "2026-11-28T09:36:17+00:00"}
LABEL = {**PERSON, "attributes": {"shows": ["a dog"]}}
EXPORTED = {"sha256": "0" * 64, "size": 1, "format": "PNG", "width": 1, "height": 1, "changes": ["resized"]}
MORE = {
    "consent": CONSENT,
    "label_errors": {},
    "exported": EXPORTED,
    "labels": [LABEL],
    "engine": "openverse",
}
NASTY = st.sampled_from(
    (
        *("../../../evil", "/evil", "a/b", "*", "a\nb", "a\0b", "\ud800", "manifest.json", ""),
        *("categories/a/../../b", "categories/ruins/image_001.jpg", "train", "x" * 300),
    )
)
VALUES = st.recursive(
    st.one_of(
        NASTY, st.none(), st.booleans(), st.integers(), st.floats(), st.just(2**70), st.text(max_size=4)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["name", "box", "checked_at", "text", "accepted", "a"]), inner),
    ),
    max_leaves=6,
)
Place = tuple[str | int, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """The ways to all values within one."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*place, key)
        yield from places(inner, (*place, key))


def changed(told: Any, place: Place, value: Any) -> Any:
    told = copy.deepcopy(told)
    inner = told
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with two images."""
    return dataset(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    """Its rows, with all fields that there can be."""
    found = entries(folder)
    return [{**found[0], **MORE}, {**found[3], **MORE, "exported": None}]


def rewrite(folder: Path, head: Any, rows: list[Any]) -> None:
    begin = json.dumps(head, indent=1).removesuffix("\n}")
    lines = ",\n".join(map(json.dumps, rows))
    (folder / "manifest.json").write_text(f'{begin},\n "images": [\n{lines}\n],\n "files": []}}\n', "utf-8")


def everything(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_size for path in folder.rglob("*")}


def check(folder: Path, form: str, outgoing: Outgoing) -> None:
    """Export, and see that what is elsewhere is as it was."""
    before = everything(folder.parent)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "deep/below/out"
        out.mkdir(parents=True)
        with suppress(PixCrawlerError):
            start = registry().build(Exporter, form, {})
            export_dataset(folder, start(out, folder.name), outgoing, scratch=out / ".scratch")
        assert not [path for path in out.iterdir() if path.name.startswith(".")]
        assert {path.name for path in Path(place).rglob("*") if out not in path.parents} == {*out.parts[-3:]}
    assert everything(folder.parent) == before
    assert not Path("/evil").exists()


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_anywhere_in_a_row(
    form: str, data: st.DataObject, folder: Path, rows: list[dict[str, Any]]
) -> None:
    place = data.draw(st.sampled_from([*places(rows[0])]))
    rewrite(folder, HEAD, [changed(rows[0], place, data.draw(VALUES)), rows[1]])
    check(folder, form, Outgoing(splits=data.draw(st.sampled_from([(), ("train",)]))))


@pytest.mark.parametrize("form", ["croissant", "folder", "webdataset", "zip"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_anywhere_in_the_head(
    form: str, data: st.DataObject, folder: Path, rows: list[dict[str, Any]]
) -> None:
    place = data.draw(st.sampled_from([*places(HEAD)]))
    rewrite(folder, changed(HEAD, place, data.draw(VALUES)), rows)
    check(folder, form, Outgoing(splits=data.draw(st.sampled_from([(), ("train",)]))))


@pytest.mark.parametrize("form", FORMATS)
def test_the_dataset_as_it_is(form: str, folder: Path, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    """What the others change is right before."""
    rewrite(folder, HEAD, rows)
    start = registry().build(Exporter, form, {})
    assert export_dataset(folder, start(tmp_path, folder.name)).images == 2


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("split",), ["a"], r"image 1: its split is \['a'\], not train, val, test or null"),
        (("category",), 5, "image 1: its category is 5, not text"),
        (("title",), 7, "image 1: its title is 7, not text"),
        (("licence",), ["x"], r"image 1: its licence is \['x'\], not text"),
        (("engine",), {}, "image 1: its engine is {}, not text"),
        (("labels",), "x", "image 1: its labels is 'x', not a list of objects"),
        (("labels", 0, "box"), [1, 2, 3], r"image 1: its label's box is \[1, 2, 3\], not four numbers"),
        (("labels", 0, "box", 2), float("inf"), "not four numbers"),
        (("labels", 0), {"source": "a"}, "image 1: its label's name is None, not text"),
        (("width",), "abc", "image 1: its width is 'abc', not a whole number"),
        (("size",), 2**70, "image 1: its size is 1180591620717411303424, not a number of bytes"),
        (("row",), -1, r"image 1: its row is -1, not from 0 to 2\^53"),
        (("consent",), "x", "image 1: its consent is 'x', not an object"),
        (("exported",), "x", "image 1: its exported is 'x', not an object"),
        (("exported", "format"), 1, "image 1: its format is 1, not text"),
        (("path",), "categories/a\0/b.jpg", "may lead out of the folder"),
        (("path",), "manifest.json", "its path 'manifest.json' is not categories/FOLDER/FILE"),
    ],
)
def test_what_is_wrong_in_a_row_is_told(
    place: Place, value: Any, message: str, folder: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    rewrite(folder, HEAD, [changed(rows[0], place, value), rows[1]])
    start = registry().build(Exporter, "zip", {})
    with pytest.raises(DatasetError, match=rf"{folder}/manifest.json is damaged \(.*{message}\); look with"):
        export_dataset(folder, start(tmp_path, folder.name))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("categories",), [1], r"'categories' of its head is \[1\]"),
        (("categories", "ruins"), {}, "'categories.ruins.accepted' of its head"),
        (("name",), ["x"], r"'name' of its head is \['x'\]: Input should be a valid string"),
        (("version",), "x", "'version' of its head is 'x': Input should be a valid integer"),
    ],
)
def test_what_is_wrong_in_the_head_is_told(
    place: Place, value: Any, message: str, folder: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    rewrite(folder, changed(HEAD, place, value), rows)
    start = registry().build(Exporter, "zip", {})
    with pytest.raises(DatasetError, match=rf"manifest.json is damaged \({message}"):
        export_dataset(folder, start(tmp_path, folder.name))


@pytest.mark.parametrize("text", ['{"a": ' * 100_000, b"\xff", "{"])
def test_what_is_no_json_is_told(text: str | bytes, folder: Path, tmp_path: Path) -> None:
    rewrite(folder, HEAD, [])
    manifest = folder / "manifest.json"
    begin, end = manifest.read_bytes().split(b"[\n\n]")
    added = text.encode() if isinstance(text, str) else text
    for place in (b"[\n" + added + b"\n]" + end, b"[\n]" + end + added):
        manifest.write_bytes(begin + place)
        with suppress(DatasetError):  # behind the list nothing is read
            export_dataset(folder, opened(tmp_path, "zip"))


@pytest.mark.parametrize("form", ["folder", "webdataset", "tfrecord", "croissant", "yolo", "coco", "voc"])
@pytest.mark.parametrize("split", ["../../up", "{}/up", "a/b", "a\0", "*", ["a"], ".."])
def test_writers_take_no_split_that_leads_elsewhere(
    form: str, split: Any, source: Path, tmp_path: Path
) -> None:
    """Whoever calls them."""
    target = tmp_path / "deep/target"
    target.mkdir(parents=True)
    before = set(tmp_path.rglob("*"))
    writer = opened(target, form)
    row = {"split": split.format(tmp_path) if isinstance(split, str) else split}
    with pytest.raises(ValueError, match=r"the split .* is none"):
        writer.add(source, "categories/a/image_001.jpg", row)
    writer.abort()
    assert set(tmp_path.rglob("*")) == before


def test_two_images_of_one_path(folder: Path, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    rewrite(folder, HEAD, [rows[0], rows[0]])
    with pytest.raises(DatasetError, match="was added already"):
        export_dataset(folder, opened(tmp_path, "zip"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("outgoing", [Outgoing(), Outgoing(splits=("train",))])
@pytest.mark.parametrize("name", ["statistics.json", "labels/castles/image_001.json", "metadata/labels.json"])
def test_a_link_in_the_place_of_another_file(
    name: str, outgoing: Outgoing, folder: Path, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    rewrite(folder, HEAD, rows)
    own = Path(shutil.copytree(folder, tmp_path / "dataset-places"))
    (own / name).parent.mkdir(parents=True, exist_ok=True)
    (own / name).unlink(missing_ok=True)
    (own / name).symlink_to("/etc/hostname")
    (tmp_path / "out").mkdir()
    writer = opened(tmp_path / "out", "zip")
    if outgoing.splits and name != "statistics.json":  # is made anew
        assert export_dataset(own, writer, outgoing).images == 2
        return
    with pytest.raises(DatasetError, match=f"{name} is a link, or below one"):
        export_dataset(own, writer, outgoing)
