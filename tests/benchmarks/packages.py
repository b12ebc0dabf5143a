"""Packages of a few bytes, and settings with which pip and apt-get know these and no others."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

SDIST = "some_project-1.0.tar.gz"
BACKEND = """
from pathlib import Path

def prepare_metadata_for_build_wheel(folder, settings=None):
    Path({ran!r}).touch()
    about = Path(folder, "some_project-1.0.dist-info")
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\\nName: some-project\\nVersion: 1.0\\n")
    return about.name

def build_wheel(folder, settings=None, metadata=None):
    raise SystemExit("never built")
"""
BUILD = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
APT = """
Dir::Etc "{folder}/etc";
Dir::State "{folder}/state";
Dir::State::Status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Update::Post-Invoke {{ "touch {folder}/ran"; }};
"""


def tar(members: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Registries:
    """A folder that serves as PyPI and another as Debian.

    `ran` exists after code of a source archive on PyPI ran, or what apt is set up to run after an update.
    """

    def __init__(self, folder: Path) -> None:
        self.ran = folder / "ran"
        self.pypi, self.debian, self.entries = folder / "pypi", folder / "debian", folder / "etc"
        for each in (self.pypi, self.debian, self.entries / "sources.list.d", folder / "state"):
            each.mkdir(parents=True)
        self.state = folder / "state"
        (folder / "status").touch()
        (folder / "apt.conf").write_text(APT.format(folder=folder))
        self.entry("sources.list", f"deb [trusted=yes] copy:{self.debian} ./\n")
        self.environment = {
            "APT_CONFIG": str(folder / "apt.conf"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_FIND_LINKS": str(self.pypi),
        }

    def entry(self, name: str, text: str) -> None:
        """Let apt have this file of sources and no other."""
        for path in self.entries.rglob("*"):
            if path.is_file():
                path.unlink()
        (self.entries / name).write_text(text)

    def add_sdist(self, members: Mapping[str, bytes]) -> str:
        """Put `some-project` 1.0 on PyPI as a source archive; its digest."""
        backend = BACKEND.format(ran=str(self.ran)).encode()
        files = {"pyproject.toml": BUILD, "backend.py": backend, **members}
        data = tar({f"some_project-1.0/{name}": content for name, content in files.items()})
        (self.pypi / SDIST).write_bytes(data)
        return digest(data)

    def add_package(self, members: Mapping[str, bytes], version: str = "1") -> str:
        """Put the package `wallpapers` into Debian; the digest of the file."""
        tree = self.debian.with_name("tree")
        about = f"Package: wallpapers\nVersion: {version}\nArchitecture: all\n"
        control = f"{about}Maintainer: Someone <someone@example.org>\nDescription: pictures\n"
        for name, content in {"DEBIAN/control": control.encode(), **members}.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
        path = self.debian / f"wallpapers_{version}_all.deb"
        command: list[str | Path] = ["dpkg-deb", "--root-owner-group", "--build", tree, path]
        subprocess.run(command, check=True, capture_output=True)
        sha256 = digest(path.read_bytes())
        files = f"Filename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {sha256}\n"
        (self.debian / "Packages").write_text(control + files)
        return sha256

    def add_source(self, members: Mapping[str, bytes]) -> str:
        """Put the source package `library` 2.0 into Debian; the digest of its upstream archive."""
        upstream = tar({f"library-2.0/{name}": data for name, data in members.items()}, "w:xz")
        archives = {
            "library_2.0.orig.tar.xz": upstream,
            "library_2.0-1.debian.tar.xz": tar({"debian/rules": b""}, "w:xz"),
            "library_2.0-1.dsc": b"Source: library\n",
        }
        about = "Package: library\nBinary: library-tools\nVersion: 2.0-1\nDirectory: .\nChecksums-Sha256:\n"
        lines = [f" {digest(data)} {len(data)} {name}\n" for name, data in archives.items()]
        for name, data in archives.items():
            (self.debian / name).write_bytes(data)
        (self.debian / "Sources").write_text(about + "".join(lines))
        return digest(upstream)
