"""Gets archives of packages with apt-get and pip as the user has set them up; nothing is installed.

So mirrors, proxies, certificates and credentials of these programs hold here too. Of Debian packages no code
runs. A source archive from PyPI runs code of its own, since pip asks its build backend for metadata (seconds,
for those that are listed): not before its digest was found right, and in an environment of its own, into
which only wheels are installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pixcrawler_core.models.registries import LONGEST, PATIENCE, PIP

ONE_WHEEL = ("--python-version=3.11", "--implementation=cp", "--platform=manylinux2014_x86_64")
"""Of a project's wheels the same one on every machine, so that it has one digest."""
APT = """\
Dir::State::Lists "{lists}";
Dir::Cache "{scratch}/cache";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
"""Goes after all that the user has set (apt.conf(5)): lists of our own, and no programs after an update."""
APT_SOURCE = """\
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{scratch}/sources";
APT::Get::Only-Source "true";
"""
"""What is set besides for source packages."""
ENTRIES = {
    ".list": (re.compile(r"^[ \t]*deb(?=[ \t])", re.MULTILINE), "deb-src"),
    ".sources": (re.compile(r"^Types:.*$", re.MULTILINE | re.IGNORECASE), "Types: deb-src"),
}
"""Makes of entries of both forms (sources.list(5)) such that ask for source packages."""
REASON = re.compile(
    r"^(?:[EW]: (?=Failed to fetch)|E: |ERROR: |\xd7 |WARNING: Retrying .*(?=connection broken))(.+)$",
    re.MULTILINE,
)
"""Where apt-get and pip say why they failed."""


class NotHad(Exception):
    """An archive cannot be had; its text is a clause that says why."""


def from_pip(requirement: str, sha256: str, scratch: Path, *, wheel: bool) -> Path:
    """The wheel or the source archive of `PROJECT==VERSION`, in `scratch`, which is empty and one's own.

    Raises NotHad, also when the archive has another SHA-256.
    """
    outcome = scratch / "outcome"
    (scratch / "requirements.txt").write_text(f"{requirement} --hash=sha256:{sha256}\n")
    form = ONE_WHEEL if wheel else (f"--no-binary={requirement.partition('==')[0]}",)
    pip = (sys.executable, "-P", "-m", "pip", *PIP, *form, "--dest", str(outcome))
    failed, log = _run([*pip, "--requirement", "requirements.txt"], scratch)
    return _only(outcome, "*", failed, log)


def from_apt(package: str, scratch: Path, lists: Path, *, source: bool) -> Path:
    """A Debian package, or what a Debian source package has from upstream (`.orig.tar`), in `scratch`.

    apt's choice of the version holds. `scratch` is empty and one's own; `lists` keeps what apt knows of its
    sources, so that neither root is needed nor the system's own lists change. Raises NotHad.
    """
    outcome = scratch / "outcome"
    for folder in (outcome, scratch / "cache", lists / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    settings = APT + APT_SOURCE * source
    (scratch / "apt.conf").write_text(settings.format(scratch=scratch, lists=lists))
    if source:
        _write_sources(scratch)
    apt = ("apt-get", "--config-file", str(scratch / "apt.conf"), "--quiet", "--quiet")
    get = ("source", "--download-only", "--tar-only") if source else ("download",)
    _, updated = _run([*apt, "update"], outcome)
    failed, log = _run([*apt, *get, package], outcome)
    return _only(outcome, "*.orig.tar.*" if source else "*.deb", failed, updated + log)


def _write_sources(scratch: Path) -> None:
    """Write to `sources` what the machine's own sources.list and sources.list.d say, of source packages."""
    asked = ("LIST", "Dir::Etc::SourceList/f", "PARTS", "Dir::Etc::SourceParts/d")
    failed, log = _run(["apt-config", "shell", *asked], scratch)
    if failed:
        raise NotHad(_reason(log))
    places = dict(re.findall(r"^(LIST|PARTS)='(.*)'$", log, re.MULTILINE))
    entries = [Path(places["LIST"]), *sorted(Path(places["PARTS"]).glob("*"))]
    (scratch / "sources").mkdir()
    for number, path in enumerate(entries):
        suffix = path.suffix if number else ".list"
        if suffix in ENTRIES and path.is_file():
            pattern, changed = ENTRIES[suffix]
            text = pattern.sub(changed, path.read_text("utf-8"))
            (scratch / f"sources/{number}{suffix}").write_text(text, "utf-8")


def _run(command: Sequence[str], folder: Path) -> tuple[bool, str]:
    """Whether a program failed, and what it printed."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**PATIENCE, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise NotHad(f"{command[0]} is not installed: use a machine or a container with Debian") from error
    return done.returncode != 0, done.stdout


def _only(folder: Path, pattern: str, failed: bool, log: str) -> Path:
    """The archive that a client left."""
    found = list(folder.glob(pattern))
    if len(found) == 1 and not failed:
        return found[0]
    raise NotHad(_reason(log))


def _reason(log: str) -> str:
    """Of the reasons that a client printed the first, which is the cause, and the last, the outcome."""
    reasons = REASON.findall(log) or log.splitlines() or ["there is no such archive"]
    return "; ".join(reason[:LONGEST] for reason in dict.fromkeys([reasons[0], reasons[-1]]))
