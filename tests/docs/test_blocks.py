"""The code blocks of the documentation run, and show what they print."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pixcrawler_server.settings import ServerSettings

from pixcrawler_core.config.load import parse_job
from pixcrawler_core.registry import load
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.opening import SETTINGS, blob_cipher
from tests.docs.conftest import Sandbox
from tests.docs.pages import Block, all_blocks, blocks, pages

TESTED_ELSEWHERE = {"python", "toml", "text"}
"""Languages whose labelled blocks have tests of their own."""
OTHER_TOML = {"gallery", "plugin", "policy", "server", "workspace"}
"""Labels of TOML that is no job file."""
LANGUAGES = {"", "console", "ini", "python", "text", "toml"}


def named(found: list[Block]) -> list[object]:
    """Blocks as test parameters."""
    return [pytest.param(block, id=block.name) for block in found]


def steps(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown below it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def matches(shown: str, printed: str) -> bool:
    """Whether `printed` is what is shown; a `...` stands for anything."""
    pattern = ".*?".join(re.escape(each) for each in shown.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def test_dots_stand_for_anything() -> None:
    assert matches("a ... z", "a b\nc z\n")
    assert not matches("a ... z", "a b\nc z y\n")
    assert not matches("a.c", "abc")


def test_every_block_is_of_a_language_that_is_looked_at() -> None:
    strange = [block.name for page in pages() for block in blocks(page) if block.language not in LANGUAGES]
    assert strange == []


@pytest.mark.parametrize("block", named([b for b in all_blocks("python") if not b.label and not b.not_run]))
def test_python(block: Block, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sandbox.folder)
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(block.text, block.name, "exec", dont_inherit=True), names)  # noqa: S102
    assert names.keys() - {"__name__", "__builtins__", "annotations"}, "the block defines and imports nothing"


@pytest.mark.parametrize("block", named([b for b in all_blocks("console") if not b.not_run]))
def test_console(block: Block, sandbox: Sandbox) -> None:
    assert list(steps(block)), "no line begins with `$ `"
    for command, shown in steps(block):
        printed = sandbox.run(command)
        assert not shown or matches(shown, printed), printed


@pytest.mark.parametrize("block", named([b for b in all_blocks("toml") if b.label not in OTHER_TOML]))
def test_toml(block: Block, folder: Path) -> None:
    tables = tomllib.loads(block.text)
    job_file = _job_file(block.text, tables)
    if job_file is not None:
        assert parse_job(job_file, load(installed=False), folder).slug


@pytest.mark.parametrize("block", named([b for b in all_blocks("toml") if b.label == "server"]))
def test_toml_of_the_server(block: Block, folder: Path) -> None:
    (folder / "server.toml").write_text(block.text)
    assert ServerSettings.read(folder / "server.toml") != ServerSettings()


def test_the_settings_of_a_workspace(tmp_path: Path) -> None:
    (block,) = (each for each in all_blocks("toml") if each.label == "workspace")
    KeyFile.create(tmp_path / "keys.json")
    (tmp_path / SETTINGS).write_text(block.text)
    cipher = blob_cipher(load(installed=False), tmp_path)
    assert cipher is not None
    assert cipher.encrypts


def _job_file(text: str, tables: dict[str, object]) -> str | None:
    """A whole job file made of a fragment of one; None for TOML of another kind."""
    if tables.keys() & {"job", "urls"}:
        return text
    if tables.keys() & {"project", "build-system"}:
        return None
    return "[job]\nname = 'fragment'\n" + ("" if "category" in tables else "keywords = ['k']\n") + text


def test_the_readme_shows_what_the_demo_prints(sandbox: Sandbox) -> None:
    (shown,) = (block.text for block in all_blocks("text") if block.label == "demo")
    assert matches(shown, sandbox.demo_output), sandbox.demo_output


def test_the_demo_leaves_the_files_that_the_readme_names(sandbox: Sandbox) -> None:
    names = {path.name for path in Path(sandbox.dataset).iterdir()}
    assert names == {"manifest.json", "statistics.json", "report.html", "categories", "metadata"}
    assert (sandbox.folder / "demo-data/exports/dataset-demo.zip").is_file()
