"""The export format `zip`."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_exporters import zip as zip_export

from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.errors import PluginError, WorkspaceError
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import files_no_longer_than


class TestStored(ExporterContract):
    component = next(zip_export.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(export) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}


class TestDeflate(TestStored):
    options = {"compression": "deflate"}  # noqa: RUF012  # the base declares the ClassVar


def opened(folder: Path, name: str = "set", **options: Any) -> Writer:
    return zip_export.build(zip_export.ZipOptions(**options))(folder, name)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"text " * 10_000)
    return path


@pytest.mark.parametrize(
    ("compression", "method"), [("stored", zipfile.ZIP_STORED), ("deflate", zipfile.ZIP_DEFLATED)]
)
def test_entries_keep_their_order_and_nothing_of_this_machine(
    tmp_path: Path, source: Path, compression: str, method: int
) -> None:
    writer = opened(tmp_path, compression=compression)
    for name in ("b", "a/z", "a/y"):
        writer.add(source, name, None)
    with zipfile.ZipFile(writer.close()) as archive:
        found = archive.infolist()
    assert [info.filename for info in found] == ["b", "a/z", "a/y"]
    assert {info.compress_type for info in found} == {method}
    assert {(info.date_time, info.create_system, info.external_attr) for info in found} == {
        ((1980, 1, 1, 0, 0, 0), 3, 0o100644 << 16)
    }


@pytest.mark.parametrize("name", ["../set", "a/b", "", "a\\b", "/set"])
def test_the_datasets_name_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        opened(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def add_hundred(writer: Writer, source: Path) -> None:
    for number in range(100):
        writer.add(source, str(number), None)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    writer = opened(target)
    writer.add(source, "a", None)
    with (
        files_no_longer_than(70_000),
        pytest.raises(WorkspaceError, match=r"set\.zip: File too large") as caught,
    ):
        add_hundred(writer, source)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert list(target.iterdir()) == []
    writer.abort()


def test_a_disk_that_is_full_at_the_end_leaves_nothing(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    writer = opened(target)
    writer.add(source, "a", None)
    with files_no_longer_than(50_000), pytest.raises(WorkspaceError, match=r"set\.zip"):
        writer.close()
    assert list(target.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"gone/set\.zip: No such file or directory"):
        opened(tmp_path / "gone")


def test_a_name_that_is_too_long_is_refused(tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path)
    writer.add(source, "é" * 32_767, None)
    with pytest.raises(ValueError, match="is longer than the 65535 bytes of a ZIP entry"):
        writer.add(source, "é" * 32_768, None)
    with zipfile.ZipFile(writer.close()) as archive:
        assert archive.namelist() == ["é" * 32_767]


def test_an_export_replaces_the_last_one(tmp_path: Path, source: Path) -> None:
    opened(tmp_path).close()
    writer = opened(tmp_path)
    writer.add(source, "a", None)
    with zipfile.ZipFile(writer.close()) as archive:
        assert archive.namelist() == ["a"]


def test_options_come_from_the_job(tmp_path: Path) -> None:
    registry = load(installed=False)
    assert registry.build(Exporter, "zip", {"compression": "deflate"})(tmp_path, "x").close().name == "x.zip"
    with pytest.raises(PluginError, match="compression"):
        registry.build(Exporter, "zip", {"compression": "best"})
