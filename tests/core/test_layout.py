from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
FOLDERS = ("exporters", "plugins", "server", "spiders", "validators")
PARTS = {name: CHECKOUT / name / f"pixcrawler_{name}" for name in FOLDERS}
PACKAGES = {"pixcrawler_core": CHECKOUT / "pixcrawler_core"} | {path.name: path for path in PARTS.values()}
MODULES = sorted(path for package in PACKAGES.values() for path in package.rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 250, 45
HEAVY = ("scrapy", "twisted", "aiohttp", "PIL", "cv2", "numpy", "pyarrow", "pydantic", "peewee")


def imports(path: Path) -> Iterator[str]:
    """Names of all modules that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a module, methods and inner ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_something_to_check() -> None:
    assert len(MODULES) > 100
    told = set(imports(PACKAGES["pixcrawler_core"] / "sources.py"))
    assert {"typing", "pydantic", "pixcrawler_core.crawl.plan"} <= told


@pytest.mark.parametrize("part", PARTS)
def test_a_part_folder_is_a_source_root_with_one_package(part: str) -> None:
    assert not (CHECKOUT / part / "__init__.py").exists()
    packages = [path.parent.name for path in (CHECKOUT / part).glob("*/__init__.py")]
    assert packages == [f"pixcrawler_{part}"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(package: str) -> None:
    assert (PACKAGES[package] / "py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_core_knows_no_part_and_parts_know_only_the_core(package: str) -> None:
    others = set(PACKAGES) - {package, "pixcrawler_core"}
    if package == "pixcrawler_server":
        others = set()
    strays = [
        f"{path.relative_to(CHECKOUT)} imports {name}"
        for path in PACKAGES[package].rglob("*.py")
        for name in imports(path)
        if name.partition(".")[0] in others
    ]
    assert not strays


def test_modules_are_short_and_say_what_they_are_for() -> None:
    long, silent = [], []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MODULE_LINES:
            long.append(f"{path.relative_to(CHECKOUT)} has {text.count(chr(10))} lines")
        if text and not ast.get_docstring(ast.parse(text)):
            silent.append(str(path.relative_to(CHECKOUT)))
    assert not long
    assert not silent


def test_functions_are_short_and_annotated() -> None:
    problems = []
    for path in MODULES:
        for node in functions(path):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            where = f"{path.relative_to(CHECKOUT)}:{node.lineno} {node.name}"
            if length > FUNCTION_LINES:
                problems.append(f"{where} has {length} lines")
            if node.returns is None:
                problems.append(f"{where} does not say what it returns")
    assert not problems


@pytest.mark.parametrize("module", ["pixcrawler_core", "pixcrawler_core.cli", "pixcrawler_core.registry"])
def test_starting_up_is_cheap(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "pixcrawler_core" in loaded
    assert not set(HEAVY) & set(loaded)
