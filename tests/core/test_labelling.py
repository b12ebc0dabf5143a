"""What labelers may say, and what becomes of everything that can go wrong with them."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pluggy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from pixcrawler_core import hookimpl, hookspecs
from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.errors import PassingError, PluginError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import Labelers, as_json, label_name, models_of
from pixcrawler_core.records import Label, Labelling
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.testing.drawings import draw

IMAGE = Image(Path("image.jpg"), "00" * 32, 1)


class Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    word: str = "cat"


class Plugin:
    """A plugin with these labelers."""

    def __init__(self, *labelers: Labeler) -> None:
        self.labelers = labelers

    @hookimpl
    def register_labelers(self) -> Iterator[Labeler]:
        yield from self.labelers


def labeler(name: str, label: Callable[[Image], Any], version: str = "1") -> Labeler:
    return Labeler(name=name, summary=name, version=version, build=lambda _: cast("LabelImage", label))


def build(
    *labelers: Labeler, tables: Mapping[str, Mapping[str, Any]] | None = None, plugin: str = "a-plugin"
) -> Labelers:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    manager.register(Plugin(*labelers), plugin)
    return Labelers.build(Registry(manager, {}), [each.name for each in labelers], tables)


def says(*labels: Label) -> Callable[[Image], Iterable[Label]]:
    return lambda _: list(labels)


def fails(_: Image) -> Iterable[Label]:
    raise ZeroDivisionError("by zero")


def test_labels_are_signed_and_have_only_what_is_given() -> None:
    box = (0.1, 0.2, 0.3, 0.4)
    given = Label(name="cat", score=1, box=box, model="net 2", attributes={"colours": ["red"]})
    made = build(labeler("b", says(given, Label(name="dog"))), labeler("a", says(Label(name="x")), "2"))
    assert made.run(IMAGE).labels == [
        {
            "name": "cat", "source": "b", "version": "1", "score": 1.0, "box": list(box), "model": "net 2",
            "attributes": {"colours": ["red"]},
        },
        {"name": "dog", "source": "b", "version": "1"},
        {"name": "x", "source": "a", "version": "2"},
    ]  # fmt: skip
    assert made.run(IMAGE).errors == {}


def test_no_labelers_give_no_labels() -> None:
    assert build().run(IMAGE) == Labelling(labels=[])


def test_options_go_to_the_labeler() -> None:
    def make(options: Words) -> LabelImage:
        return lambda _: [Label(name=options.word)]

    part = Labeler(name="words", summary="words", options=Words, build=make)
    assert build(part).run(IMAGE).labels[0]["name"] == "cat"
    assert build(part, tables={"words": {"word": "dog"}}).run(IMAGE).labels[0]["name"] == "dog"
    with pytest.raises(PluginError, match="unknown key 'wrod' in labeler 'words'"):
        build(part, tables={"words": {"wrod": "dog"}})
    with pytest.raises(PluginError, match=r"no labeler is called 'wrods' \(there are: none\)"):
        Labelers.build(Registry(_manager(), {}), ["wrods"])


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    return manager


def test_a_failing_labeler_costs_its_own_labels_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    made = build(labeler("bad", fails), labeler("good", says(Label(name="cat"))))
    with caplog.at_level(logging.ERROR):
        found = [made.run(IMAGE), made.run(IMAGE)]
    assert found[0] == found[1]
    assert [label["source"] for label in found[0].labels] == ["good"]
    assert found[0].errors == {
        "bad": "labeler 'bad' of plugin a-plugin failed: ZeroDivisionError: by zero",
    }
    assert len(caplog.records) == 1


def test_labels_before_a_failure_do_not_count() -> None:
    def breaks_off(_: Image) -> Iterator[Label]:
        yield Label(name="cat")
        raise MemoryError("x" * 10_000)

    found = build(labeler("half", breaks_off)).run(IMAGE)
    assert found.labels == []
    assert found.errors["half"].startswith("labeler 'half' of plugin a-plugin failed: MemoryError: xxx")
    assert len(found.errors["half"]) < 600


@pytest.mark.parametrize("answer", [None, "cat", ["cat"], Label(name="cat"), [Label], [Label(name="x"), 3]])
def test_what_is_no_list_of_labels_is_a_failure(answer: object) -> None:
    found = build(labeler("odd", lambda _: answer)).run(IMAGE)
    assert (found.labels, list(found.errors)) == ([], ["odd"])


def test_an_image_that_does_not_decode_is_a_failure_and_one_that_is_gone_ends_the_run(tmp_path: Path) -> None:
    made = build(labeler("looks", lambda image: [Label(name=str(image.view.mode))]))
    draw("labels", (320, 240)).save(tmp_path / "a.jpg")
    assert made.run(Image.open(tmp_path / "a.jpg")).labels[0]["name"] == "L"
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    broken = Image.open(tmp_path / "a.jpg")
    assert "looks" in made.run(broken).errors
    gone = Image.open(tmp_path / "a.jpg")
    gone.path.unlink()
    with pytest.raises(WorkspaceError):
        made.run(gone)


def test_what_unchanged_labelers_said_is_not_asked_again() -> None:
    asked: list[str] = []

    def counted(name: str, fail: bool = False) -> Callable[[Image], Iterable[Label]]:
        def label(_: Image) -> Iterable[Label]:
            asked.append(name)
            return fails(IMAGE) if fail else [Label(name=name)]

        return label

    first, second, bad = (labeler(n, counted(n, n == "bad")) for n in ("first", "second", "bad"))
    earlier = build(first, second, bad).run(IMAGE)
    asked.clear()
    assert build(bad, first).run(IMAGE, earlier) == Labelling(
        labels=[earlier.labels[0]], errors=earlier.errors, made_by=build(bad, first).digests
    )
    assert asked == []
    newer = build(first, replace(second, version="2"), labeler("third", counted("third")))
    again = newer.run(IMAGE, earlier)
    assert asked == ["second", "third"]
    assert [(label["source"], label["version"]) for label in again.labels] == [
        ("first", "1"), ("second", "2"), ("third", "1")
    ]  # fmt: skip


def test_who_may_answer_later_is_asked_again() -> None:
    answers: list[Exception | None] = [PassingError("away"), ValueError("broken")]

    def answer(_: Image) -> Iterable[Label]:
        if problem := answers.pop(0):
            raise problem
        return [Label(name="cat")]

    made = build(labeler("a", answer))
    first = made.run(IMAGE)
    assert (list(first.errors), first.made_by) == (["a"], {})
    second = made.run(IMAGE, first)
    assert second.errors["a"].endswith("ValueError: broken")
    assert made.run(IMAGE, second) == second, "it would fail again"


def test_plugin_version_and_options_are_in_the_digest() -> None:
    part = Labeler(name="words", summary="words", options=Words, build=lambda _: says())
    digests = [
        build(part).digests["words"],
        build(part, tables={"words": {"word": "dog"}}).digests["words"],
        build(replace(part, version="2")).digests["words"],
        build(part, plugin="another").digests["words"],
    ]
    assert len(set(digests)) == 4
    assert build(part, tables={"words": {"word": "cat"}}).digests["words"] == digests[0]


def test_one_labeler_serves_many_threads() -> None:
    made = build(labeler("name", lambda image: [Label(name=image.sha256)]))
    images = [replace(IMAGE, sha256=f"{number:064}") for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(made.run, images))
    assert [each.labels[0]["name"] for each in found] == [image.sha256 for image in images]


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ("cat", "a labeler gives Labels, not 'cat'"),
        (Label(name=""), "the name of a label has 1 to 200 characters, not 0"),
        (Label(name="\0\n"), "the name of a label has 1 to 200 characters, not 0"),
        (Label(name="x" * 201), "the name of a label has 1 to 200 characters, not 201"),
        (Label(name=cast("str", 5)), "the name of a label is text, not 5"),
        (Label(name="x", model=""), "the model of a label has 1 to 200 characters, not 0"),
        (Label(name="x", score=math.nan), "the score of a label is from 0 to 1, not nan"),
        (Label(name="x", score=math.inf), "the score of a label is from 0 to 1, not inf"),
        (Label(name="x", score=1.01), "the score of a label is from 0 to 1, not 1.01"),
        (Label(name="x", score=-1e-9), "the score of a label is from 0 to 1, not -1e-09"),
        (Label(name="x", score=True), "the score of a label is a number, not True"),
        (Label(name="x", score=cast("float", "1")), "the score of a label is a number, not '1'"),
        (Label(name="x", box=cast("Any", (0, 0, 1))), "left, top, width and height, not (0, 0, 1)"),
        (Label(name="x", box=cast("Any", "abcd")), "left, top, width and height, not 'abcd'"),
        (Label(name="x", box=(0, 0, 2, 1)), "the box of a label is from 0 to 1, not 2"),
        (Label(name="x", box=(0, 0, 0, 1)), "lies in the picture and has an area"),
        (Label(name="x", box=(0.5, 0, 0.6, 1)), "lies in the picture and has an area"),
        (Label(name="x", box=(0, 0.5, 1, 0.6)), "lies in the picture and has an area"),
        (Label(name="x", box=(0, 1, 1, 1e-9)), "lies in the picture and has an area"),
        (Label(name="x", attributes={"a": math.nan}), "not JSON compliant"),
        (Label(name="x", attributes={"a": {1, 2}}), "not JSON serializable"),
        (Label(name="x", attributes=cast("Any", ["a"])), "sequence"),
    ],
)
def test_values_that_do_not_do_are_refused(label: object, problem: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        as_json(label)
    assert problem in str(caught.value)


def test_numbers_of_numpy_are_numbers() -> None:
    quarter = cast("float", np.float32(0.25))
    told = as_json(Label(name="x", score=quarter, box=(quarter, quarter, quarter, quarter)))
    assert json.dumps(told) == '{"name": "x", "score": 0.25, "box": [0.25, 0.25, 0.25, 0.25]}'


SHARES = st.floats(0, 1)


@given(SHARES, SHARES, SHARES, SHARES)
def test_a_box_that_is_kept_lies_in_the_picture(x: float, y: float, right: float, bottom: float) -> None:
    label = Label(name="x", box=(x, y, max(0, right - x), max(0, bottom - y)))
    try:
        left, top, width, height = as_json(label)["box"]
    except ValueError:
        assert right <= x or bottom <= y or 1 - x <= 0 or 1 - y <= 0
        return
    assert (left, top) == (x, y)
    assert 0 <= left < left + width <= 1
    assert 0 <= top < top + height <= 1


@given(st.text(max_size=300))
def test_a_name_of_any_text_is_one_that_is_taken(text: str) -> None:
    name = label_name(text)
    if name is not None:
        assert as_json(Label(name=name)) == {"name": name}
        assert name.encode()
        assert "\n" not in name
    else:
        assert not any(char.isalnum() for char in text)


def test_a_long_text_is_cut_to_a_name() -> None:
    assert label_name("x" * 300) == "x" * 200
    assert label_name("x" * 199 + " y") == "x" * 199


def test_what_cannot_be_seen_is_taken_out_of_names() -> None:
    told = as_json(Label(name=" a\0\tb\u202ec\u2028d\x85\ud800e ", model="net\n1"))
    assert told == {"name": "a b c d e", "model": "net 1"}


def test_models_are_those_that_the_options_ask_for() -> None:
    registry = load(installed=False)
    assert models_of(registry, ["category", "title", "colors"]) == set()
    assert models_of(registry, ["objects", "caption"]) == {"nanodet"}
    assert models_of(registry, ["caption"], {"caption": {"objects": True}}) == {"nanodet"}
    assert models_of(registry, ["caption", "faces"], {"category": {"agreement": True}}) == {"centerface"}
    assert "efficientnet-lite0" in models_of(registry, ["category"], {"category": {"agreement": True}})
    with pytest.raises(PluginError, match="objecs"):
        models_of(registry, ["objecs"])
    with pytest.raises(PluginError, match="min_score"):
        models_of(registry, ["objects"], {"objects": {"min_score": 2}})
