"""The index `sha256`."""

from __future__ import annotations

from pathlib import Path

from pixcrawler_plugins.dedupers import sha256

from pixcrawler_core.components import Deduper
from pixcrawler_core.image import Image
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import DeduperContract


class TestContract(DeduperContract):
    component = next(sha256.register_dedupers())


def test_only_the_bytes_count(tmp_path: Path) -> None:
    index = load(installed=False).build(Deduper, "sha256")
    one, same, other = (Image(tmp_path, digest * 32, 1) for digest in ("00", "00", "01"))
    assert [index.add(5, one), index.add(6, same), index.add(7, other)] == [None, 5, None]
    index.close()
