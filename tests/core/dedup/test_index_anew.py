"""What the message of a damaged index says to do mends it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.errors import WorkspaceError
from tests.core.dedup.gathering import BYTES, SHADES, added, paired, pictures


def found(home: Path, files: list[Path]) -> set[tuple[str, str]]:
    """What `pixcrawler dedup --index` finds."""
    with Collection(home, [BYTES, SHADES]) as collection:
        added(collection, files)
        return paired(collection)


@pytest.mark.parametrize(
    "database", [f"{BYTES.folder}/digests.db", f"{SHADES.folder}/digests.db", "files.db"]
)
def test_a_collection_is_built_anew_by_the_same_command(tmp_path: Path, database: str) -> None:
    home, files = tmp_path / "collection", pictures(tmp_path / "pictures", 21)
    before = found(home, files)
    assert before == {("008.png", "009.png"), ("018.png", "019.png")}
    (home / database).write_bytes(b"no database at all, but a text. " * 9)
    with pytest.raises(WorkspaceError, match="is damaged") as raised:
        found(home, files)
    told = re.search(r"delete the folder (.*) and run the command that made it again", str(raised.value))
    assert told
    assert Path(told[1]) == (home / database).parent
    shutil.rmtree(told[1])
    assert found(home, files) == before
