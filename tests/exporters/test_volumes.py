"""Archives in volumes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.exports.archive import ArchiveWriter
from pixcrawler_core.exports.volumes import MOST, SMALLEST, Volumes, standing
from tests.exporters.made import dataset, exported, files_no_longer_than, opened, registry

FORMS = ("7z", "tar_gz", "tar_zst", "zip")


def volumes(folder: Path) -> list[Path]:
    return sorted(path for path in folder.parent.glob(f"{folder.name}.*") if path.suffix[1:].isdigit())


def others(folder: Path) -> set[str]:
    """What lies beside the dataset and is no volume."""
    names = {path.name for path in folder.parent.iterdir()}
    return names - {folder.name, *(path.name for path in volumes(folder))}


@pytest.mark.parametrize("form", FORMS)
def test_joined_they_are_the_archive_that_is_not_cut(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    whole = exported(folder, form).read_bytes()
    first = exported(folder, form, volume=SMALLEST)
    assert first.name == f"{folder.name}{registry().get(Exporter, form).suffix}.001"
    parts = volumes(folder)
    assert [path.suffix for path in parts] == [f".{number:03}" for number in range(1, len(parts) + 1)]
    assert len(parts) > 2
    sizes = [path.stat().st_size for path in parts]
    assert set(sizes[:-1]) == {SMALLEST}
    assert 0 < sizes[-1] <= SMALLEST
    assert b"".join(path.read_bytes() for path in parts) == whole
    assert others(folder) == set()


@pytest.mark.parametrize("form", FORMS)
def test_one_volume_has_a_number_too(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    first = exported(folder, form, volume=1_000_000_000)
    assert first.suffix == ".001"
    assert volumes(folder) == [first]


@pytest.mark.parametrize("form", FORMS)
def test_what_an_earlier_export_had_more_is_removed(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    exported(folder, form, volume=SMALLEST)
    foreign = folder.with_name(f"{folder.name}{registry().get(Exporter, form).suffix}.0001")
    foreign.touch()
    first = exported(folder, form, volume=1_000_000_000)
    assert volumes(folder) == [foreign, first]
    foreign.unlink()
    whole = exported(folder, form)
    assert (volumes(folder), others(folder)) == ([], {whole.name})


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_leaves_the_earlier_volumes(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    exported(folder, form, volume=SMALLEST)
    before = {path: path.read_bytes() for path in volumes(folder)}
    with files_no_longer_than(50_000), pytest.raises(WorkspaceError, match=r"cannot write .*File too large"):
        exported(folder, form, volume=SMALLEST)
    assert {path: path.read_bytes() for path in volumes(folder)} == before
    assert others(folder) == set()


@pytest.mark.parametrize("form", FORMS)
def test_an_abort_leaves_the_earlier_volumes(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    exported(folder, form, volume=SMALLEST)
    before = {path: path.read_bytes() for path in volumes(folder)}
    writer: Writer = registry().build(Exporter, form, {"volume": SMALLEST})(tmp_path, folder.name)
    for path in folder.rglob("*.jpg"):
        writer.add(path, path.relative_to(folder).as_posix(), {})
    writer.abort()
    assert {path: path.read_bytes() for path in volumes(folder)} == before
    assert others(folder) == set()


def test_volumes_that_cannot_all_take_their_names_are_no_export(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    first = exported(folder, "zip", volume=SMALLEST)
    second = first.with_suffix(".002")
    second.unlink()
    (second / "foreign").mkdir(parents=True)
    with pytest.raises(WorkspaceError, match="cannot write"):
        exported(folder, "zip", volume=SMALLEST)
    assert standing(first.with_suffix("")) is None
    (second / "foreign").rmdir()
    second.rmdir()
    assert exported(folder, "zip", volume=SMALLEST) == standing(first.with_suffix("")) == first
    assert others(folder) == set()


def test_a_run_finds_the_volumes_and_writes_them_anew_when_asked(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    place = tmp_path / "exports"
    table = ExportTable.model_validate({"formats": ["zip"], "zip": {"volume": SMALLEST}})
    exports = Exports(registry(), table, tmp_path)
    assert exports.renew(place, folder) == []
    (first,) = exports.write(place, folder, anew=False)
    assert first == place / f"{folder.name}.zip.001"
    written = first.read_bytes()
    first.write_bytes(b"other")
    assert exports.write(place, folder, anew=False) == [first]
    assert first.read_bytes() == b"other"
    assert exports.write(place, folder, anew=True) == [first]
    assert first.read_bytes() == written
    first.write_bytes(b"other")
    assert exports.renew(place, folder) == [first]
    assert first.read_bytes() == written
    first.unlink()
    assert exports.renew(place, folder) == []
    assert exports.write(place, folder, anew=False) == [first]
    assert first.exists()


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 9),
    pieces=st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 200)), max_size=12),
)
def test_a_stream_is_cut_whatever_is_overwritten(
    tmp_path_factory: pytest.TempPathFactory, size: int, pieces: list[tuple[bytes, int]]
) -> None:
    folder = tmp_path_factory.mktemp("volumes")
    cut, whole = Volumes(folder, "x", size), io.BytesIO()
    for data, back in pieces:
        position = max(0, whole.tell() - back)
        for stream in (cut, whole):
            stream.seek(position)
            assert stream.write(data) == len(data)
        assert cut.tell() == whole.tell()
    cut.close()
    parts = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert b"".join(parts) == whole.getvalue()
    assert all(len(part) == size for part in parts[:-1])
    assert all(parts)


def test_so_many_volumes_and_no_more(tmp_path: Path) -> None:
    stream = Volumes(tmp_path, "x", 10)
    stream.seek(10 * MOST - 1)
    told = f"x would have more than {MOST} volumes of 10 bytes; set a larger `volume`"
    with pytest.raises(ConfigError, match=told):
        stream.write(b"ab")
    stream.close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.999"]


@pytest.mark.parametrize("form", ["7z", "tar_gz", "tar_zst"])
def test_too_many_volumes_are_told_and_leave_nothing(form: str, tmp_path: Path) -> None:
    folder, target = dataset(tmp_path), tmp_path / "target"
    target.mkdir()
    writer = opened(target, form, volume=SMALLEST)
    assert isinstance(writer, ArchiveWriter)
    writer.stream.seek(SMALLEST * MOST - 1)
    with pytest.raises(ConfigError, match=r"would have more than 999 volumes of 65536 bytes"):
        export_dataset(folder, writer)
    assert list(target.iterdir()) == []
