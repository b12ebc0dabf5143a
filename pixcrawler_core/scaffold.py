"""Begins a plugin: a package with one component and its tests, made of the templates beside this module."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.version import __version__

KINDS = (
    "command",
    "deduper",
    "expander",
    "exporter",
    "labeler",
    "meter",
    "sink",
    "source",
    "store",
    "validator",
)
"""Kinds of components of which there is a template."""
RESERVED = frozenset(
    {
        *KINDS,
        *("core", "exporters", "plugins", "server", "spiders", "validators"),
        *(
            "engines",
            "filters",
            "save_pages",
            "suspend",
            "methods",
            "labelers",
            "formats",
            "expanders",
            "sinks",
        ),
    }
)
"""Names of PixCrawler's own packages and classes, and of keys in tables of the job file."""
NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
ENDING = ".tmpl"
"""What all templates end with, so that no tool takes them for code."""


def new_package(kind: str, name: str, into: Path) -> Path:
    """Write the package `pixcrawler-NAME` into a folder of that name in `into`; returns that folder.

    Raises ConfigError for a name that does not do, and where the folder is there and not empty.
    """
    name = plain_name(name)
    values = _values(kind, name)
    folder = into / values["distribution"]
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(
                f"{folder} is there already; choose another name, or another folder with --into"
            )
        for path, template in _templates(kind, values):
            _write(template, folder / path, values)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder


def plain_name(name: str) -> str:
    """The component's name: small letters, without `pixcrawler-` before it. Raises ConfigError."""
    short = name.lower().removeprefix("pixcrawler-").removeprefix("pixcrawler_")
    if not NAME.fullmatch(short):
        raise ConfigError(
            f"{name!r} cannot be the name of a plugin: it begins with a letter, and has letters and digits, "
            f"parted by single '-' or '_'"
        )
    if short in RESERVED:
        raise ConfigError(
            f"{name!r} cannot be the name of a plugin, as PixCrawler itself uses it; add a word"
        )
    return short


def _values(kind: str, name: str) -> dict[str, str]:
    major, minor, *_ = __version__.split(".")
    return {
        "kind": kind,
        "name": name,
        "distribution": f"pixcrawler-{name.replace('_', '-')}",
        "package": f"pixcrawler_{name.replace('-', '_')}",
        "title": "".join(word.capitalize() for word in re.split("[_-]", name)),
        "requirement": f"pixcrawler>={major}.{minor},<{int(major) + 1}",
    }


def _templates(kind: str, values: dict[str, str]) -> list[tuple[str, Traversable]]:
    """The templates that all kinds share and those of this kind, with the paths of what they become."""
    root = files("pixcrawler_core") / "templates"
    found = [*_within(root / "package", ""), *_within(root / kind, "")]
    return [(path.replace("PACKAGE", values["package"]), template) for path, template in found]


def _within(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _within(each, f"{path}{each.name}/")
        elif each.name.endswith(ENDING):
            found.append((path + each.name.removesuffix(ENDING), each))
    return found


def _write(template: Traversable, path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(template.read_text("utf-8")).substitute(values), "utf-8")
