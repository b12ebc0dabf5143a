"""The check `integrity`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pixcrawler_validators import integrity

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode


class TestContract(ValidatorContract):
    component = next(integrity.register_validators())


def test_it_decodes_and_leaves_the_view_for_others(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(data := encode(draw("integrity", (300, 300)), "JPEG"))
    image = Image.open(path)
    check = integrity.build(None)
    assert check.judge(check.measure(image)) == Verdict()
    assert "view" in vars(image)
    path.write_bytes(data[:5000])
    with pytest.raises(DecodeError) as caught:
        integrity.build(None).measure(Image.open(path))
    assert caught.value.reason == "truncated"
