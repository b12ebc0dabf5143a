"""A small workspace with a store in a folder, and `pixcrawler storage` in this process: quick to ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pixcrawler_core.cli import Context, pixcrawler
from pixcrawler_core.storage.encryption.keyfile import KeyFile

UNIT = "datasets/dataset-birds"


@dataclass(frozen=True)
class Shell:
    """The workspace in `folder`, its store in `folder`/store."""

    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def keys(self) -> Path:
        return self.workspace / "keys.json"

    def settle(self, more: str = "") -> None:
        """Write the settings of the workspace, with `more` in the table [storage]."""
        self.workspace.mkdir(exist_ok=True)
        store = f"[storage.filesystem]\npath = {json.dumps(str(self.folder / 'store'))}\n"
        (self.workspace / "storage.toml").write_text(f'[storage]\nstores = ["filesystem"]\n{more}\n{store}')

    def encrypt(self, more: str = "") -> KeyFile:
        """Have the store encrypt from now on."""
        self.settle(f'keys = "keys.json"\n{more}')
        return KeyFile.create(self.keys)

    def dataset(self, name: str = "birds") -> Path:
        """A finished dataset of two files and a manifest."""
        folder = self.workspace / f"datasets/dataset-{name}"
        for path in ("categories/a/image_001.jpg", "categories/a/image_002.jpg"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(f"{name} {path}".encode())
        (folder / "manifest.json").write_text('{\n"images": [\n]\n}\n')
        return folder

    def __call__(self, *arguments: object, code: int = 0) -> str:
        """Standard output of `pixcrawler storage`; of one that fails, what it says."""
        words = ["storage", *map(str, arguments)]
        done = CliRunner().invoke(
            pixcrawler, words, obj=Context(workspace=self.workspace), standalone_mode=False
        )
        if code == 0:
            assert done.exception is None, done.output
            assert not done.return_value, done.output
            return done.stdout
        if done.exception is not None:
            assert getattr(done.exception, "exit_code", None) == code, repr(done.exception)
            return str(done.exception)
        assert done.return_value == code, done.output
        return done.stdout

    def told(self, *arguments: object, code: int = 0) -> Any:
        """What a command tells as JSON."""
        return json.loads(self(*arguments, "--json", code=code))

    def listed(self) -> dict[str, Any]:
        """What `ls` tells, by unit."""
        return {each["unit"]: each for each in map(json.loads, self("ls", "--json").splitlines())}
