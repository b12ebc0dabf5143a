"""Azurite, Microsoft's emulator of Azure Storage, as a server of the tests' own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account and the key that every emulator has: learn.microsoft.com, "Use the Azurite emulator"."""
PROGRAM = CHECKOUT / ".cache/azurite/node_modules/.bin/azurite-blob"
LISTENS = re.compile(r"successfully listens on (\S+)")


@contextmanager
def azurite(*arguments: str) -> Iterator[str]:
    """Address of a running Azurite, without the account. It keeps everything in memory."""
    process = subprocess.Popen(
        [
            *(_program(), "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--silent"),
            *("--blobPort", "0", *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield _address(process)
        finally:
            process.kill()


def connection_string(address: str, key: str = KEY, account: str = ACCOUNT) -> str:
    """What the store logs in with."""
    scheme = address.partition(":")[0]
    return (
        f"DefaultEndpointsProtocol={scheme};AccountName={account};AccountKey={key};"
        f"BlobEndpoint={address}/{account};"
    )


def _program() -> Path | str:
    """Where it is; without it, tests are skipped, but fail in CI."""
    found = PROGRAM if PROGRAM.exists() else shutil.which("azurite-blob")
    if found is None or shutil.which("node") is None:
        reason = "Azurite is not installed: make azurite"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := LISTENS.search(line):
            return found[1]
    pytest.fail(f"Azurite did not start: {''.join(lines)}")
