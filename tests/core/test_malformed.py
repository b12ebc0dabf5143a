"""Files that other projects collected because they break decoders; here those of Pillow's own tests.

They are fetched into the checkout's `.cache` by `python benchmarks/corpora.py pillow`: by continuous
integration always, by others if they like. `make bench-accuracy` judges all of them, and many more.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Command

BENCHMARKS = CHECKOUT / "benchmarks"
SAMPLE = 40
SECONDS, BYTES = 2.0, 500_000_000


@pytest.fixture
def python(tmp_path: Path) -> Command:
    """Python, with the benchmarks on its path."""
    return Command(Path(sys.executable).name, tmp_path, {"PYTHONPATH": str(BENCHMARKS)})


@pytest.mark.timeout(300)
def test_malformed_files_are_rejected_with_a_reason_quickly_and_in_little_memory(python: Command) -> None:
    if not (CHECKOUT / ".cache/corpora/pillow").is_dir():
        if "CI" not in os.environ:
            pytest.skip("Pillow's test images are not there: python benchmarks/corpora.py pillow gets them")
        fetched = python(BENCHMARKS / "corpora.py", "pillow")
        assert fetched.code == 0, fetched.stderr
    done = python("-m", "accuracy.corruption", "pillow", "--sample", SAMPLE, "--seed", 1, "--json")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == SAMPLE, done.stderr
    undecodable = [each for each in results if each["pillow"].startswith("!")]
    assert 5 <= len(undecodable) < SAMPLE
    assert [each for each in undecodable if not each["reason"] or not each["decode"]] == []
    others = [each for each in results if each not in undecodable]
    assert [each for each in others if each["decode"] in {"empty", "truncated", "corrupt"}] == []
    assert [each for each in results if each["ended"] or each["failed"]] == []
    assert [each for each in results if each["seconds"] > SECONDS or each["peak"] > BYTES] == []
