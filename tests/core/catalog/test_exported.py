from __future__ import annotations

from pathlib import Path

from pixcrawler_core.catalog.exported import note_exports
from pixcrawler_core.catalog.models import Dataset, Export, Project, User
from pixcrawler_core.catalog.quotas import exported_bytes
from pixcrawler_core.workspace import Workspace


def test_exports_that_runs_wrote_into_the_workspace_count(tmp_path: Path) -> None:
    with Workspace(tmp_path / "workspace") as workspace:
        user = User.create(email="ada@example.org")
        Dataset.create(id="cats", name="Cats", project=Project.create(owner=user, name="Animals"))
        place, elsewhere = workspace.exports, tmp_path / "dataset-cats.zip"
        (place / "dataset-cats.coco" / "images").mkdir(parents=True)
        (place / "dataset-cats.coco" / "images" / "1.jpg").write_bytes(b"12345")
        for name in ("dataset-cats.zip", "dataset-cats.tar.001", "dataset-cats.tar.002"):
            (place / name).write_bytes(b"123")
        elsewhere.write_bytes(b"1")
        names = ("dataset-cats.zip", "dataset-cats.coco", "dataset-cats.tar.001")
        note_exports(workspace, "cats", [*(place / name for name in names), elsewhere])
        assert exported_bytes(user) == 3 + 5 + 6
        assert Export.select().count() == 4
        note_exports(workspace, "cats", [place / "dataset-cats.zip"])
        assert exported_bytes(user) == 14
