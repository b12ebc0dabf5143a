"""Archives, as other programs unpack them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.exporters.made import HARDEST, TRICKS, dataset, exported, opened, tree, whole

READERS = [("7z", "7z"), ("tar_gz", "tar"), ("tar_zst", "tar"), ("zip", "7z"), ("zip", "unzip")]
"""Formats, and the programs that unpack them."""
UNPACK = {
    "7z": ("x", "-bd", "-y", "-o{target}", "{archive}"),
    "tar": ("-xf", "{archive}", "-C", "{target}"),
    "unzip": ("-q", "{archive}", "-d", "{target}"),
}
CALLED = {"7z": ("7zz", "7z", "7za")}
"""Programs that have other names in some systems."""


@pytest.mark.parametrize(("form", "program"), READERS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("volume", [{}, {"volume": 65_536}])
def test_programs_unpack_it(
    form: str, program: str, packed: bool, volume: Mapping[str, Any], tmp_path: Path
) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, form, **volume, **(HARDEST[form] if packed else {}))
    if volume:
        parts = sorted(tmp_path.glob(f"{export.stem}.*"))
        export = tmp_path / "joined"
        export.write_bytes(b"".join(path.read_bytes() for path in parts))
    assert unpacked_by(program, form, export) == whole(folder)


@pytest.mark.parametrize("form", ["7z", "zip"])
def test_7z_reads_volumes_as_they_are(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    export = exported(folder, form, volume=65_536)
    assert export.suffix == ".001"
    assert unpacked_by("7z", form, export) == whole(folder)


@pytest.mark.parametrize(("form", "program"), READERS)
def test_programs_find_every_name(form: str, program: str, tmp_path: Path) -> None:
    writer = opened(tmp_path, form)
    given = {name: name.encode() for name in TRICKS}
    for name, data in given.items():
        (tmp_path / "file").write_bytes(data)
        writer.add(tmp_path / "file", name, None)
    assert unpacked_by(program, form, writer.close()) == given


def unpacked_by(program: str, form: str, archive: Path) -> dict[str, bytes]:
    """What a program unpacks, by name; skips the test without the program."""
    command = found(program)
    if form == "tar_zst":
        found("zstd")  # tar starts it
    target = archive.with_name("unpacked")
    target.mkdir()
    arguments = [part.format(archive=archive, target=target) for part in UNPACK[program]]
    locale = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run([command, *arguments], env=locale, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: (target / name).read_bytes() for name in tree(target)}


def found(program: str) -> str:
    command = next(filter(None, map(shutil.which, CALLED.get(program, (program,)))), None)
    if command is None:
        pytest.skip(f"{program} is not installed")
    return command
