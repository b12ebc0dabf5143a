"""Label files: what is read back is what was said, in every form, and old files go."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.assembly import label_files
from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.assembly.label_files import LabelFiles, LabelOptions
from pixcrawler_core.assembly.label_forms import FORMS, TABLE, as_row
from pixcrawler_core.cells import unguarded
from pixcrawler_core.records import Labelling
from tests.core.assembly.conftest import House
from tests.core.assembly.test_dataset import files, manifest

ALL = ("json", "csv", "yaml", "txt")
NASTY = "=1+1 \x85 \u2028 \U0001f600 'no' # : - \ufeff"
words = st.text(min_size=1, max_size=20) | st.sampled_from(["no", "1e3", "0o7", "null", "~", "- a", NASTY])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
labels = st.fixed_dictionaries(
    {"name": words, "source": st.just("category"), "version": words},
    optional={
        "score": st.floats(0, 1),
        "box": st.tuples(*[st.floats(0, 1)] * 4).map(list),
        "attributes": st.dictionaries(words, values, max_size=3),
    },
)
entries = st.builds(
    lambda number, category, said: {
        "path": f"categories/cat/image_{number:03d}.jpg",
        "sha256": f"{number:064x}",
        "category": category,
        "labels": said,
    },
    st.integers(1, 999),
    words,
    st.lists(labels, max_size=3),
)


@given(st.lists(entries, max_size=4))
def test_json_and_yaml_hold_what_was_said(told: list[dict[str, Any]]) -> None:
    rows = [as_row(entry) for entry in told]
    for name, read in (("json", json.loads), ("yaml", yaml.safe_load)):
        form = FORMS[name]
        items = [form.item(row, first=number == 0) for number, row in enumerate(rows)]
        assert (read(form.head + "".join(items) + form.tail) or []) == rows
        assert [read(form.single(row)) for row in rows] == rows


@given(st.lists(entries, max_size=4))
def test_a_table_has_a_row_for_each_label_and_no_formula(told: list[dict[str, Any]]) -> None:
    form, rows = FORMS["csv"], [as_row(entry) for entry in told]
    text = form.head + "".join(form.item(row, first=False) for row in rows)
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    said = [(row, label) for row in rows for label in row["labels"]]
    for cells, (row, label) in zip(found, said, strict=True):
        assert list(cells) == list(TABLE)
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells.values())
        assert unguarded(cells["name"]) == label["name"]
        assert (cells["path"], unguarded(cells["category"])) == (row["path"], row["category"])
        assert cells["left"] == (str(label["box"][0]) if "box" in label else "")


@pytest.fixture
def labelled(house: House) -> House:
    """Three cats with labels, of which one is doubtful."""
    cats = house.find("cat", 3)
    house.accept(cats)
    for cat, score in zip(cats, (0.9, 0.1, None), strict=True):
        said: dict[str, Any] = {"name": "=cat", "source": "category", "version": "1"}
        if score is not None:
            said |= {"score": score, "attributes": {"shows": ["dog", "wolf"]}}
        other = {"name": "cat, tabby", "source": "other", "version": "1", "score": 0.01}
        house.ledger.save_labels([(cat.id, Labelling(labels=[said, other, other]))])
    return house


def test_files_are_written_as_asked_and_go_when_they_are_not(labelled: House) -> None:
    folder = labelled.assemble(labels=LabelOptions(forms=ALL, per_image=True, doubtful=0.5))
    told = manifest(folder)
    assert [name for name in told["files"] if "label" in name] == [
        *(f"metadata/labels.{form}" for form in ALL),
        "metadata/mislabels.csv",
    ]
    assert (folder / "metadata/labels.txt").read_text() == "".join(
        f"{each['path']}\t=cat\tcat, tabby\n" for each in told["images"]
    )
    assert (folder / "labels/cat/image_002.txt").read_text() == "=cat\ncat, tabby\n"
    whole = json.loads((folder / "metadata/labels.json").read_text())
    assert [each["labels"] for each in whole] == [each["labels"] for each in told["images"]]
    assert yaml.safe_load((folder / "labels/cat/image_003.yaml").read_text()) == whole[2]
    before = files(folder)
    assert len([name for name in before if name.startswith("labels/")]) == 12
    assert files(labelled.assemble(labels=LabelOptions(forms=ALL, per_image=True, doubtful=0.5))) == before
    (folder / "labels/cat/notes.json").write_text("a person's own")
    left = files(labelled.assemble(labels=LabelOptions(forms=("txt",))))
    assert sorted(name for name in left if "label" in name) == [
        "labels/cat/notes.json",
        "metadata/labels.txt",
    ]
    assert not any("label" in name for name in manifest(folder)["files"] if name != "metadata/labels.txt")


def test_likely_mislabels_are_listed_lowest_first_until_they_are_decided(labelled: House) -> None:
    folder = labelled.assemble(labels=LabelOptions(doubtful=0.95))
    lines = (folder / "metadata/mislabels.csv").read_text().splitlines()
    images = manifest(folder)["images"]
    assert lines == [
        '"path","sha256","category","score","shows"',
        f'"categories/cat/image_002.jpg","{images[1]["sha256"]}","cat",0.1,"dog; wolf"',
        f'"categories/cat/image_001.jpg","{images[0]["sha256"]}","cat",0.9,"dog; wolf"',
    ]
    decided = frozenset({images[1]["sha256"]})
    labelled.assemble(labels=LabelOptions(doubtful=0.95, decided=decided))
    assert (folder / "metadata/mislabels.csv").read_text().splitlines() == [lines[0], lines[2]]
    labelled.assemble(labels=LabelOptions(doubtful=0.05))
    assert not (folder / "metadata/mislabels.csv").exists()


def test_the_list_of_mislabels_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    most = label_files.MOST_MISLABELS
    with LabelFiles(tmp_path, LabelOptions(doubtful=1)) as written:
        for number in range(3 * most + 1, 0, -1):
            label = {"name": "cat", "source": "category", "version": "1", "score": number / (4 * most)}
            about = {"path": f"{number}", "sha256": "", "category": "cat", "labels": [label]}
            written.add(about)
        assert written.write_mislabels()
    lines = (tmp_path / "metadata/mislabels.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [f'"{number}"' for number in range(1, most + 1)]


def test_exports_hold_them_after_the_images(labelled: House) -> None:
    folder = labelled.assemble(labels=LabelOptions(forms=("json",), per_image=True))

    class Names(list[str]):
        def add(self, path: Path, name: str, _entry: object, /) -> None:
            assert path.is_file()
            self.append(name.removeprefix("dataset-set/"))

        def close(self) -> Path:
            return folder

        def abort(self) -> None:
            raise AssertionError

    names = Names()
    export_dataset(folder, names)
    assert names[-4:] == ["metadata/labels.json", *(f"labels/cat/image_00{n}.json" for n in (1, 2, 3))]
