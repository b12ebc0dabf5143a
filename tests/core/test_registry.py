from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path

import pluggy
import pytest
from pixcrawler_plugins.dedupers.sha256 import SameBytes
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl, hookspecs
from pixcrawler_core.checks import PlainCheck
from pixcrawler_core.components import (
    Check,
    Command,
    Component,
    Deduper,
    Exporter,
    Labeler,
    Sink,
    Source,
    Storage,
    Validator,
)
from pixcrawler_core.dedup.protocols import Matcher
from pixcrawler_core.defaults import DEFAULT_PLUGINS
from pixcrawler_core.errors import PluginError
from pixcrawler_core.records import Verdict
from pixcrawler_core.registry import Registry, load

KINDS: list[type[Component]] = [Command, Deduper, Exporter, Labeler, Sink, Source, Storage, Validator]


class Limits(BaseModel):
    model_config = ConfigDict(extra="forbid")

    most: int = Field(default=3, description="Most of them.")


def build(_: object) -> Check:
    return PlainCheck(measured=lambda _: {}, judged=lambda _: Verdict())


def build_matcher(_: object) -> Matcher:
    return SameBytes()


def validator(name: str = "blur", options: type[BaseModel] | None = None) -> Validator:
    return Validator(name=name, summary="A check.", build=build, options=options)


def plugin(name: str, hook: str, *components: object) -> types.ModuleType:
    """A module that implements a hook."""

    def implementation() -> Iterator[object]:
        return iter(components)

    implementation.__name__ = hook
    module = types.ModuleType(name)
    setattr(module, hook, hookimpl(implementation))
    return module


def registry(*plugins: types.ModuleType) -> Registry:
    """A registry of these plugins only."""
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    for each in plugins:
        manager.register(each, each.__name__)
    return Registry(manager, defaults={})


@pytest.mark.parametrize("kind", KINDS)
def test_every_built_in_component_loads(kind: type[Component]) -> None:
    found = load(installed=False)
    components = found.all(kind)
    assert components
    assert list(components) == sorted(components)
    for name, component in components.items():
        assert found.get(kind, name) is component
        assert component.name == name
        assert found.owner(kind, name) in DEFAULT_PLUGINS[kind.hook]


def test_every_hook_has_a_specification_and_a_kind() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("register_")}
    assert {kind.hook for kind in KINDS} <= hooks
    assert set(DEFAULT_PLUGINS) <= hooks


def test_components_come_sorted_by_name() -> None:
    found = registry(plugin("one", "register_validators", validator("b"), validator("a")))
    assert list(found.all(Validator)) == ["a", "b"]
    assert found.owner(Validator, "a") == "one"
    found.all(Validator).clear()
    assert list(found.all(Validator)) == ["a", "b"]


def test_a_clash_names_both_plugins() -> None:
    plugins = (plugin(name, "register_validators", validator("blur")) for name in ("one", "two"))
    with pytest.raises(PluginError, match=r"Validator 'blur' comes from both (one and two|two and one)"):
        registry(*plugins).all(Validator)


@pytest.mark.parametrize(
    "wrong", [None, "blur", validator, Deduper(name="x", summary="x", build=build_matcher)]
)
def test_a_wrong_component_names_its_plugin(wrong: object) -> None:
    with pytest.raises(PluginError, match="one: register_validators must yield Validator, not"):
        registry(plugin("one", "register_validators", wrong)).all(Validator)


def test_an_unknown_name_lists_those_there_are() -> None:
    found = registry(plugin("one", "register_validators", validator("blur"), validator("noise")))
    with pytest.raises(PluginError, match=r"'blurr'; did you mean 'blur'\? \(there are: blur, noise\)"):
        found.get(Validator, "blurr")
    with pytest.raises(PluginError, match=r"no deduper is called 'x' \(there are: none\)"):
        found.get(Deduper, "x")


def test_options_are_checked() -> None:
    found = registry(plugin("one", "register_validators", validator("a", Limits), validator("b")))
    part = found.get(Validator, "a")
    assert found.options(part, {"most": 5}) == Limits(most=5)
    assert found.options(part, {}) == Limits()
    with pytest.raises(PluginError, match="unknown key 'mosst' in validator 'a'"):
        found.build(Validator, "a", {"mosst": 5})
    with pytest.raises(PluginError, match="validator 'b' has no options, but got most"):
        found.build(Validator, "b", {"most": 5})
    assert isinstance(found.build(Validator, "b"), PlainCheck)


def test_blocked_plugins_are_left_out() -> None:
    assert "wikimedia" not in load(installed=False, blocked=["pixcrawler_spiders.wikimedia"]).all(Source)


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """Install a distribution with one module and one entry point, as pip lays it out."""
    name = f"pixcrawler_test_{folder.name.replace('-', '_')}"
    (folder / f"{name}.py").write_text(text)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pixcrawler]\nthird-party = {name}\n")
    monkeypatch.syspath_prepend(folder)


GOOD = """
from pixcrawler_core import hookimpl
from pixcrawler_core.components import Check, Command, Component, Deduper, Exporter, Source, Validator
from pixcrawler_core.dedup.protocols import Index

@hookimpl
def register_dedupers():
    yield Deduper(name="third", summary="Third.", build=lambda _: None)
"""


def test_an_installed_plugin_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path, GOOD)
    found = load()
    assert found.owner(Deduper, "third") == "third-party"
    assert "sha256" in found.all(Deduper)
    assert "third" not in load(installed=False).all(Deduper)
    assert "third" not in load(blocked=["third-party"]).all(Deduper)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_module", r"plugin 'third-party' .* cannot be loaded: No module named"),
        ("1 / 0", "leave it out with PIXCRAWLER_BLOCKED_PLUGINS=third-party"),
        (GOOD.replace("register_dedupers", "register_dedupes"), "'third-party' implements an unknown hook"),
        (GOOD.replace("register_dedupers()", "register_dedupers(crawler)"), "third-party"),
    ],
)
def test_a_broken_plugin_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, message: str
) -> None:
    install(monkeypatch, tmp_path, text)
    with pytest.raises(PluginError, match=message):
        load()
    load(blocked=["third-party"])
