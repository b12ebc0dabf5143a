"""The export formats `tar_gz` and `tar_zst`, and what holds for all archives."""

from __future__ import annotations

import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_exporters import tar_gz, tar_zst

from pixcrawler_core.components import Exporter
from pixcrawler_core.errors import PluginError, WorkspaceError
from pixcrawler_core.exports.archive import CHUNK
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import (
    HARDEST,
    LONG,
    TRICKS,
    dataset,
    decompressed,
    exported,
    opened,
    registry,
    unpacked,
    whole,
)

FORMS = ("7z", "tar_gz", "tar_zst", "zip")
LAST = ("manifest.json", "statistics.json")


class TestTarGz(ExporterContract):
    component = next(tar_gz.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        return dict(unpacked(export))


class TestTarZst(TestTarGz):
    component = next(tar_zst.register_exporters())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_dataset_is_read_back(form: str, packed: bool, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    read = unpacked(exported(folder, form, **(HARDEST[form] if packed else {})))
    assert dict(read) == whole(folder)
    assert [name for name, _ in read[-2:]] == [f"{folder.name}/{name}" for name in LAST]


@pytest.mark.parametrize("form", FORMS)
def test_names_keep_their_order(form: str, tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path, form)
    names = ["b", "a/z", *TRICKS, "a/y"]
    for name in names:
        writer.add(source, name, None)
    assert unpacked(writer.close()) == [(name, source.read_bytes()) for name in names]


@pytest.mark.parametrize("form", FORMS)
def test_a_large_file_is_read_back(form: str, tmp_path: Path, source: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(source.read_bytes() * (1 + 2 * CHUNK // source.stat().st_size))
    writer = opened(tmp_path, form)
    writer.add(large, "large", None)
    assert unpacked(writer.close()) == [("large", large.read_bytes())]


@pytest.mark.parametrize("form", ["tar_gz", "tar_zst", "zip"])
def test_a_damaged_archive_is_found_out(form: str, tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path, form)
    writer.add(source, "a", None)
    export = writer.close()
    data = bytearray(export.read_bytes())
    data[len(data) // 2] ^= 1
    export.write_bytes(data)
    with pytest.raises(Exception, match=r"CRC|checksum"):
        unpacked(export)


@pytest.mark.parametrize("form", FORMS)
def test_a_name_is_taken_once(form: str, tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path, form)
    writer.add(source, "a", None)
    with pytest.raises(ValueError, match="'a' was added already"):
        writer.add(source, "a", {})
    assert [name for name, _ in unpacked(writer.close())] == ["a"]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_but_empty_files_and_nothing_at_all(form: str, tmp_path: Path) -> None:
    assert unpacked(opened(tmp_path, form).close()) == []
    (tmp_path / "empty").touch()
    writer = opened(tmp_path, form)
    names = [f"{number}" for number in range(11)]
    for name in names:
        writer.add(tmp_path / "empty", name, None)
    assert unpacked(writer.close()) == [(name, b"") for name in names]


@pytest.mark.parametrize("form", ["tar_gz", "tar_zst"])
def test_members_have_nothing_of_this_machine(form: str, tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path, form)
    for name in ("set/a.jpg", LONG):
        writer.add(source, name, None)
    export = writer.close()
    data = decompressed(export)
    (tmp_path / "set.tar").write_bytes(data)
    with tarfile.open(tmp_path / "set.tar") as tar:
        plain, long = tar.getmembers()
    for each in (plain, long):
        assert (each.mtime, each.uid, each.gid, each.uname, each.mode) == (0, 0, 0, "", 0o644)
    assert not plain.pax_headers
    assert data[156:157] == tarfile.REGTYPE
    assert export.suffix != ".gz" or export.read_bytes()[:8] == b"\x1f\x8b\x08" + bytes(5)


@pytest.mark.parametrize("form", ["7z", "tar_gz", "tar_zst"])
def test_compression_makes_text_smaller(form: str, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"what can be packed is packed " * 10_000)
    writer = opened(tmp_path, form, **({"compression": "lzma2"} if form == "7z" else {"level": 1}))
    writer.add(text, "text", None)
    export = writer.close()
    assert export.stat().st_size < text.stat().st_size / 10
    assert unpacked(export) == [("text", text.read_bytes())]


@pytest.mark.parametrize(("form", "most"), [("tar_gz", 3), ("tar_zst", 19)])
def test_a_higher_level_packs_more(form: str, most: int, tmp_path: Path) -> None:
    sizes = []
    for level in (1, most):
        writer = opened(tmp_path, form, level=level)
        writer.add(Path(__file__), "program", None)
        sizes.append(writer.close().stat().st_size)
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_file_is_told_and_leaves_nothing(form: str, tmp_path: Path) -> None:
    writer = opened(tmp_path, form)
    with pytest.raises(WorkspaceError, match=r"No such file or directory \(.*gone\.jpg\)"):
        writer.add(tmp_path / "gone.jpg", "a", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("volume", [{}, {"volume": 65_536}])
def test_what_a_killed_export_left_is_removed_by_the_next(
    form: str, volume: Mapping[str, Any], tmp_path: Path
) -> None:
    folder = dataset(tmp_path)
    earlier = exported(folder, form, **volume)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    program = "\n".join(
        (
            "import os, pathlib, signal",
            "from pixcrawler_core.components import Exporter",
            "from pixcrawler_core.registry import load",
            f"place, folder = pathlib.Path({str(tmp_path)!r}), pathlib.Path({str(folder)!r})",
            f"writer = load(installed=False).build(Exporter, {form!r}, {volume!r})(place, folder.name)",
            "for number in range(20):",
            "    writer.add(next(folder.rglob('*.jpg')), str(number), None)",
            "os.kill(os.getpid(), signal.SIGKILL)",
        )
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    hidden = {path for path in tmp_path.iterdir() if path.name.startswith(".")}
    assert {path.suffix for path in hidden} == {".part", ".lock"}
    shown = {path for path in tmp_path.iterdir() if path.is_file()} - hidden
    assert {path.name: path.read_bytes() for path in shown} == before
    assert exported(folder, form, **volume) == earlier
    assert {path.name for path in tmp_path.iterdir()} == {folder.name, *before}


@pytest.mark.parametrize(
    ("form", "table", "told"),
    [
        *((form, {"volume": 1}, "volume") for form in FORMS),
        ("tar_gz", {"level": 4}, "level"),
        ("tar_zst", {"level": 20}, "level"),
        ("7z", {"compression": "best"}, "compression"),
    ],
)
def test_options_are_checked(form: str, table: Mapping[str, Any], told: str) -> None:
    with pytest.raises(PluginError, match=told):
        registry().build(Exporter, form, table)
