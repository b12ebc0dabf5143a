"""Every command is documented, and no page names a command or an option that does not exist."""

from __future__ import annotations

import importlib.util
import itertools
import re
import shlex
from pathlib import Path

import click
import pytest

from pixcrawler_core.cli import Context
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.arguments import FETCH, JOB
from pixcrawler_core.crawl.result import Result
from pixcrawler_core.registry import load
from tests.docs.clitree import commands, common, options
from tests.docs.generate import generated
from tests.docs.pages import ROOT, all_blocks, pages, prose
from tests.docs.test_blocks import steps

COMMANDS = commands()
TEXT = (ROOT / "docs/commands.md").read_text("utf-8")
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
SHOWN = [
    pytest.param(command, id=f"{block.name} {command[:30]}")
    for block in all_blocks("console")
    for command, _ in steps(block)
]
SPANS = sorted({(page.name, span) for page in pages() for span in re.findall(r"`([^`\n]+)`", prose(page))})


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_parts_are_current(page: Path) -> None:
    text = page.read_text("utf-8")
    assert generated(text) == text, "run: make docs"


def test_a_stale_part_would_be_noticed() -> None:
    stale = TEXT.replace("| `--max-images INTEGER RANGE` |", "| `--max-pictures` |")
    assert stale != TEXT
    assert generated(stale) == TEXT


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_a_section_with_its_options(path: tuple[str, ...]) -> None:
    section = TEXT.partition(f"\n### pixcrawler {' '.join(path)}\n")[2].partition("\n### ")[0]
    assert section
    shared = common(COMMANDS)
    assert {"workspace", "database", "quiet", "debug"} == set(shared)
    for option in options(COMMANDS[path]):
        place = TEXT.partition("\n## Commands\n")[0] if option.name in shared else section
        assert f"`{option.opts[-1]}" in place, option.name


def test_every_key_of_the_result_is_explained() -> None:
    result = Result(
        dataset="d",
        name="n",
        folder=None,
        shares=[],
        states={},
        failures={},
        sources={},
        fetched=0,
        seconds=0,
    )
    table = TEXT.partition("print one object:")[2].partition("\n## ")[0]
    assert [key for key in result.as_json() if f"`{key}`" not in table] == []


@pytest.mark.parametrize("command", SHOWN)
def test_shown_commands_exist(command: str) -> None:
    program, *arguments = shlex.split(command)
    match program, arguments:
        case "pixcrawler", _:
            _parse(arguments)
        case "scrapy", ["list"]:
            pass
        case "scrapy", ["crawl", source, *rest]:
            _check_spider_arguments(source, rest)
        case "make", [target]:
            assert target in TARGETS
        case "pip", ["install", what]:
            assert what == "pixcrawler" or (ROOT / what / "pyproject.toml").is_file()
        case "pytest", [folder]:
            assert (ROOT / folder).is_dir()
        case "python", ["-m", module, *_]:
            assert importlib.util.find_spec(module)
        case _:
            pytest.fail(f"no rule checks {command!r}")


def _parse(arguments: list[str]) -> None:
    length = next((n for n in (1, 2) if tuple(arguments[:n]) in COMMANDS), 0)
    assert length, f"no command is called {' '.join(arguments)}"
    command = COMMANDS[tuple(arguments[:length])]
    command.make_context("command", arguments[length:], obj=Context())


def _check_spider_arguments(name: str, rest: list[str]) -> None:
    source = load(installed=False).get(Source, name)
    given = [value.partition("=")[0] for flag, value in itertools.pairwise(rest) if flag == "-a"]
    known = {*JOB, *FETCH, *source.options.model_fields, "keywords", "discover_only"}
    assert set(given) <= known


@pytest.mark.parametrize(("page", "span"), [(p, s) for p, s in SPANS if s.startswith("pixcrawler ")])
def test_mentioned_commands_exist(page: str, span: str) -> None:
    groups = {path[0] for path in COMMANDS}
    first, second, *_ = [*span.split()[1:], "", ""]
    assert first in {*groups, "COMMAND"} or first.startswith("-"), page
    subcommands = {path[1] for path in COMMANDS if path[0] == first and len(path) == 2}
    assert not subcommands or set(second.split("|")) <= {*subcommands, ""}, page
    _check_options(page, span)


@pytest.mark.parametrize(("page", "span"), [(p, s) for p, s in SPANS if s.startswith("-")])
def test_mentioned_options_exist(page: str, span: str) -> None:
    _check_options(page, span)


def _check_options(page: str, span: str) -> None:
    ours = {
        flag
        for command in COMMANDS.values()
        for each in options(command)
        for flag in (*each.opts, *each.secondary_opts)
    }
    others = {"-h", "--help", "--version", "-a", "-s", "-O"}
    testing = "".join(path.read_text("utf-8") for path in (ROOT / "pixcrawler_core/testing").rglob("*.py"))
    for flag in re.findall(r"(?<!\S)--?[a-z][a-z0-9-]*", span, re.IGNORECASE):
        assert flag in ours | others or f'"{flag}"' in testing, f"{page}: {flag}"


def test_an_unknown_option_would_be_noticed() -> None:
    with pytest.raises(click.UsageError, match="No such option"):
        _parse(["run", "--polite", "job.toml"])
    with pytest.raises(AssertionError):
        _check_options("page", "--polite")
