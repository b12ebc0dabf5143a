"""The export format `7z`."""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import py7zr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixcrawler_exporters import sevenzip

from pixcrawler_core.exports.sevenzip import number
from pixcrawler_core.testing.contracts import ExporterContract
from tests.exporters.made import opened, unpacked


class TestSevenZip(ExporterContract):
    component = next(sevenzip.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        return dict(unpacked(export))


class TestSevenZipPacked(TestSevenZip):
    options = {"compression": "lzma2"}  # noqa: RUF012  # the base declares the ClassVar


def test_files_of_a_7z_have_permissions_and_no_times(tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path, "7z")
    writer.add(source, "a", None)
    with py7zr.SevenZipFile(writer.close()) as archive:
        (file,) = archive.files
    assert (file.posix_mode, file.is_directory, file.lastwritetime) == (0o644, False, None)


@pytest.mark.parametrize("options", [{}, {"compression": "lzma2"}])
def test_a_damaged_7z_is_found_out(options: Mapping[str, Any], tmp_path: Path, source: Path) -> None:
    writer = opened(tmp_path, "7z", **options)
    writer.add(source, "a", None)
    export = writer.close()
    data = bytearray(export.read_bytes())
    data[5000] ^= 1
    export.write_bytes(data)
    with py7zr.SevenZipFile(export) as archive:
        try:
            assert archive.testzip() == "a"
        except lzma.LZMAError:
            assert options


@given(st.integers(0, 2**64 - 1))
def test_numbers_of_7z_say_how_long_they_are(value: int) -> None:
    told = number(value)
    others = next((bit for bit in range(8) if not told[0] & 0x80 >> bit), 8)
    head = told[0] & 0x7F >> others
    assert len(told) == others + 1
    assert int.from_bytes(told[1:], "little") | head << 8 * others == value
