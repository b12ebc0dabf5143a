"""The format `album`."""

from __future__ import annotations

from pathlib import Path

from pixcrawler_example_plugin import album

from pixcrawler_core.testing.contracts import ExporterContract


class TestContract(ExporterContract):
    """The contract of all formats."""

    component = next(album.register_exporters())

    def read(self, export: Path) -> dict[str, bytes]:
        files = [path for path in export.rglob("*") if path.is_file()]
        return {path.relative_to(export).as_posix(): path.read_bytes() for path in files}


def test_the_page_shows_images_with_their_credits(tmp_path: Path) -> None:
    image = tmp_path / "image.jpg"
    image.write_bytes(b"image")
    writer = album.build(album.AlbumOptions(width=100))(tmp_path, "set")
    entry = {"title": "<script>alert(1)</script>", "creator": "A & B", "licence": None}
    writer.add(image, 'categories/"a"/1.jpg', entry)
    writer.add(image, "manifest.json", None)
    page = (writer.close() / "index.html").read_text("utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;, A &amp; B</figcaption>" in page
    assert 'src="categories/%22a%22/1.jpg" width=100' in page
    assert page.count("<img") == 1
    assert "<script" not in page
