"""Export formats on a disk that is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.errors import WorkspaceError
from tests.exporters.made import HOSTILE, dataset, entries, exported, files_no_longer_than, registry


@pytest.mark.parametrize("form", registry().all(Exporter))
def test_it_is_told_and_an_earlier_export_stays(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    earlier = exported(folder, form)
    writer: Writer = registry().build(Exporter, form, {})(tmp_path, folder.name)
    told = rf"cannot write .*{earlier.name}: .*File too large.*; free some space"
    row = {**entries(folder)[0], "title": HOSTILE * 1000}
    with files_no_longer_than(1000), pytest.raises(WorkspaceError, match=told):
        _written(writer, folder, row)
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name, earlier.name]


def _written(writer: Writer, folder: Path, row: dict[str, object]) -> None:
    for number in range(100):
        writer.add(folder / "categories/ruins/image_001.jpg", f"categories/ruins/{number}.jpg", row)
    writer.close()
