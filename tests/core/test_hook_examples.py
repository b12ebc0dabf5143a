"""The examples of docs/hooks.md, run as the plugins that they show."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pluggy
import pytest

from pixcrawler_core import hookspecs
from pixcrawler_core.components import (
    Command,
    Component,
    Deduper,
    Expander,
    Exporter,
    Labeler,
    Sink,
    Source,
    Storage,
    Validator,
)
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import Labelers
from pixcrawler_core.metering import Charger
from pixcrawler_core.records import Candidate
from pixcrawler_core.registry import Registry
from pixcrawler_core.service import Meter
from pixcrawler_core.testing.contracts import (
    DeduperContract,
    ExpanderContract,
    LabelerContract,
    MeterContract,
    SinkContract,
    StoreContract,
    ValidatorContract,
)
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.validation import Checks

PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text(encoding="utf-8")
HOOKS = [name for name in vars(hookspecs) if name.startswith("register_")]


def example(label: str) -> types.ModuleType:
    found = re.search(rf"^```python {label}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found, label
    module = types.ModuleType(f"example_{label}")
    exec(compile(found.group(1), "docs/hooks.md", "exec", dont_inherit=True), vars(module))  # noqa: S102
    return module


def registry(label: str) -> Registry:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    manager.register(example(label), label)
    manager.check_pending()
    return Registry(manager, {})


@pytest.fixture
def image(tmp_path: Path) -> Image:
    draw("example", (300, 300)).save(tmp_path / "image.jpg")
    return Image.open(tmp_path / "image.jpg")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_section(hook: str) -> None:
    assert f"\n## {hook}\n" in PAGE


@pytest.mark.parametrize(
    "kind", [Source, Expander, Validator, Deduper, Labeler, Exporter, Storage, Sink, Command]
)
def test_every_field_of_a_component_is_explained(kind: type[Component]) -> None:
    section = PAGE.partition(f"\n## {kind.hook}\n")[2].partition("\n## ")[0]
    common = PAGE.partition("\n## ")[0]
    fields = [name for name in kind.__dataclass_fields__ if name != "hook"]
    assert [name for name in fields if f"| `{name}` |" not in section + common] == []


class TestValidator(ValidatorContract):
    component = registry("validator").get(Validator, "brightness")


class TestExpander(ExpanderContract):
    component = registry("expander").get(Expander, "night")


class TestDeduper(DeduperContract):
    component = registry("deduper").get(Deduper, "same-hash")


class TestStore(StoreContract):
    component = registry("store").get(Storage, "memory")
    tiers = False
    processes = False
    memory = None


class TestSink(SinkContract):
    component = registry("sink").get(Sink, "print")


class TestMeter(MeterContract):
    component = registry("meter").get(Meter, "counter")

    @pytest.fixture(autouse=True)
    def _one(self) -> None:
        self.counter = super().opened(Path())

    def opened(self, folder: Path) -> Charger:
        return self.counter

    def charged(self, folder: Path) -> list[int]:
        charged: dict[int, int] = vars(self.counter)["charged"]
        return list(charged.values())


class TestLabeler(LabelerContract):
    component = registry("labeler").get(Labeler, "tags")


def test_the_labeler_gives_the_tags(image: Image) -> None:
    found = Candidate(engine="e", category="c", query="q", image_url="u", tags=("cat", " \n", "big\tdog"))
    labels = Labelers.build(registry("labeler"), ["tags"]).run(Image(image.path, "", 1, found)).labels
    assert [label["name"] for label in labels] == ["cat", "big dog"]


def test_the_validator_judges(image: Image) -> None:
    plugin = registry("validator")
    assert Checks.build(plugin, "medium").names == ()
    report = Checks.build(plugin, "medium", {"brightness": {}}).run(image)
    assert report.accepted
    assert 0.1 < report.scores["brightness"]["score"] < 1
    strict = Checks.build(plugin, "medium", {"brightness": {"darkest": 1.0}}).run(image)
    assert (strict.reason, strict.check) == ("too-dark", "brightness")


def test_the_exporter_writes_its_list(tmp_path: Path, image: Image) -> None:
    writer = registry("exporter").build(Exporter, "digests")(tmp_path, "set")
    with pytest.raises(ValueError, match="plain relative path"):
        writer.add(image.path, "../a.jpg", None)
    writer.add(image.path, "a.jpg", {"sha256": image.sha256})
    assert writer.close().read_text() == f"{image.sha256},a.jpg\n"


def test_the_contract_test_is_one(tmp_path: Path) -> None:
    text = re.search(r"^```python test\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert text
    names = vars(example("validator")) | {"__name__": "example_test"}
    exec(compile(text.group(1), "docs/hooks.md", "exec", dont_inherit=True), names)  # noqa: S102
    assert issubclass(names["TestBrightness"], ValidatorContract)
    assert names["TestBrightness"].component.name == "brightness"
