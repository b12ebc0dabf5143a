"""The method `sha256`."""

from __future__ import annotations

from pathlib import Path

from pixcrawler_plugins.dedupers import sha256

from pixcrawler_core.components import Deduper
from pixcrawler_core.image import Image
from pixcrawler_core.records import Match
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import DeduperContract


class TestContract(DeduperContract):
    component = next(sha256.register_dedupers())


def test_only_the_bytes_count(tmp_path: Path) -> None:
    matcher = load(installed=False).build(Deduper, "sha256")
    index = matcher.open(tmp_path)
    one, same, other = (matcher.fingerprint(Image(tmp_path, digest * 32, 1)) for digest in ("00", "00", "01"))
    index.add(5, one)
    assert (index.find(same), index.find(other)) == ([Match(5, 0.0)], [])
    index.close()


def test_of_many_equal_files_the_first_is_paired_with_each_other_one(tmp_path: Path) -> None:
    index = sha256.build(None).open(tmp_path)
    for key in (4, 2, 9, 7):
        index.add(key, {"sha256": "ab" * 32})
    index.add(1, {"sha256": "cd" * 32})
    assert sorted(pair[:2] for pair in index.pairs()) == [(2, 4), (2, 7), (2, 9)]
    index.close()
