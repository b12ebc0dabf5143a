"""Names within exports."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.exports.names import check_name
from tests.exporters.made import opened, unpacked


@settings(max_examples=200, deadline=None)
@given(name=st.text(st.sampled_from("ab./\\:\0\n é"), max_size=8))
def test_a_name_that_passes_stays_within_the_folder(name: str) -> None:
    try:
        check_name(name)
    except ValueError:
        return
    place = (Path("/folder") / name).resolve()
    assert place.is_relative_to("/folder")
    assert str(place) == f"/folder/{name}"


@pytest.mark.parametrize("form", ["7z", "tar_gz", "tar_zst", "zip"])
@settings(max_examples=25, deadline=None)
@given(names=st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True))
def test_archives_have_a_name_as_it_was_given_or_refuse_it(form: str, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        writer = opened(Path(folder), form)
        taken = []
        for number, name in enumerate(names):
            file.write_bytes(bytes((number,)))
            try:
                writer.add(file, name, None)
            except ValueError:
                continue
            taken.append((name, bytes((number,))))
        assert unpacked(writer.close()) == taken
