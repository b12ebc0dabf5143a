"""The check `file_size`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pixcrawler_validators import file_size
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.testing.contracts import ValidatorContract


class TestContract(ValidatorContract):
    component = next(file_size.register_validators())


@pytest.mark.parametrize(
    ("size", "reason"),
    [(0, "too-small-file"), (99, "too-small-file"), (100, None), (200, None), (201, "too-large-file")],
)
def test_both_limits_are_allowed_sizes(tmp_path: Path, size: int, reason: str | None) -> None:
    check = file_size.build(file_size.FileSizeOptions(min_bytes=100, max_bytes=200))
    assert check.judge(check.measure(Image(tmp_path / "never opened", "", size))).reason == reason


def test_the_defaults_are_1_kib_to_50_mib() -> None:
    options = file_size.FileSizeOptions()
    assert (options.min_bytes, options.max_bytes) == (1024, 52_428_800)


def test_limits_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"min_bytes \(3\) must not exceed max_bytes \(2\)"):
        file_size.FileSizeOptions(min_bytes=3, max_bytes=2)
