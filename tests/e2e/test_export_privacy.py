"""What exported pictures tell beside what they show."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from pixcrawler_core.detectors.centerface import detect
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS, Command

CASTLES = sorted((PHOTOGRAPHS / "castles").glob("*.jpg"))[:2]
FACE = PHOTOGRAPHS / "monuments/mount-rushmore.jpg"
WREN = PHOTOGRAPHS / "birds/canyon-wren.jpg"
PLACE = (52.0, 30.0, 59.25)


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://localhost:{server.server_port}"
        server.shutdown()


def with_place(source: Path, target: Path) -> bytes:
    """A photograph that tells where it was taken."""
    data = Pillow.Exif()
    data[0x8298] = "(c) Ada"
    data.get_ifd(0x8825).update({1: "N", 2: PLACE, 3: "E", 4: (13.0, 22.0, 33.5)})
    with Pillow.open(source) as picture:
        picture.save(target, exif=data, quality=95)
    return target.read_bytes()


def job(tmp_path: Path, address: str, names: list[str], export: str) -> Path:
    (tmp_path / "list.txt").write_text("".join(f"{address}/{name}\n" for name in names))
    path = tmp_path / "places.toml"
    path.write_text(
        '[urls]\nfile = "list.txt"\n[fetch]\nallow_private_hosts = ["localhost"]\n'
        f'[export]\nformats = ["zip"]\n{export}\n[job]\nname = "places"\n'
    )
    return path


def exported(workspace: Path) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The images of the exported manifest, and the exported files by their paths."""
    with zipfile.ZipFile(next((workspace / "exports").glob("dataset-places*.zip"))) as archive:
        files = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    return json.loads(files["manifest.json"])["images"], files


def gps(data: bytes) -> dict[int, Any]:
    with Pillow.open(io.BytesIO(data)) as picture:
        return dict(picture.getexif().get_ifd(0x8825))


@pytest.mark.parametrize(
    ("export", "place", "rights"),
    [("", False, True), ('metadata = "keep"', True, True), ('metadata = "none"', False, False)],
)
def test_positions_stay_at_home(
    tmp_path: Path,
    pixcrawler: Command,
    workspace: Path,
    server: tuple[Path, str],
    export: str,
    place: bool,
    rights: bool,
) -> None:
    folder, address = server
    original = with_place(CASTLES[0], folder / "a.jpg")
    (folder / "b.jpg").write_bytes(CASTLES[1].read_bytes())
    done = pixcrawler("run", job(tmp_path, address, ["a.jpg", "b.jpg"], export), "--json")
    assert done.code == 0, done.stderr
    (first, second), files = exported(workspace)
    kept = workspace / "datasets/dataset-places" / first["path"]
    assert kept.read_bytes() == original
    data = files[first["path"]]
    assert (2 in gps(data)) is place
    assert (b"(c) Ada" in data) is rights
    assert ("exported" in first) is (data != original)
    if data != original:
        digest = hashlib.sha256(data).hexdigest()
        assert (first["exported"]["sha256"], first["exported"]["size"]) == (digest, len(data))
        assert len(first["exported"]["changes"]) == 1
    if export != 'metadata = "none"':
        assert "exported" not in second
        assert files[second["path"]] == CASTLES[1].read_bytes()
    assert not list((workspace / "datasets").glob(".*"))


def test_faces_can_be_blurred(
    tmp_path: Path, pixcrawler: Command, workspace: Path, server: tuple[Path, str], models: ModelStore
) -> None:
    folder, address = server
    (folder / "face.jpg").write_bytes(FACE.read_bytes())
    (folder / "wren.jpg").write_bytes(WREN.read_bytes())
    done = pixcrawler("run", job(tmp_path, address, ["face.jpg", "wren.jpg"], "blur_faces = true"))
    assert done.code == 0, done.stderr
    (face, wren), files = exported(workspace)
    assert face["exported"]["changes"] == ["faces blurred", "metadata removed"]
    assert "exported" not in wren
    session = models.session("centerface")
    with Pillow.open(FACE) as before, Pillow.open(io.BytesIO(files[face["path"]])) as after:
        assert before.size == after.size == (face["exported"]["width"], face["exported"]["height"])
        assert max(each.score for each in detect(np.asarray(before.convert("RGB")), session)) > 0.6
        assert all(each.score < 0.5 for each in detect(np.asarray(after.convert("RGB")), session))
