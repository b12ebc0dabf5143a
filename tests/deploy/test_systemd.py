"""The units for systemd."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Command, wait
from tests.deploy.files import DEPLOY, check_command, check_variables, program_of, units
from tests.server.test_serve import free_port

UNITS = units()
API, WORKER = "pixcrawler-api.service", "pixcrawler-worker@.service"


def test_there_are_two() -> None:
    assert set(UNITS) == {API, WORKER}


@pytest.mark.parametrize("name", UNITS)
def test_they_run_commands_of_the_program(name: str) -> None:
    lines = UNITS[name]
    check_command(program_of(dict(lines)["ExecStart"]))
    check_variables({value.partition("=")[0] for key, value in lines if key == "Environment"})


@pytest.mark.parametrize("name", UNITS)
def test_they_may_write_where_the_workspace_is_and_nowhere_else(name: str) -> None:
    told = dict(UNITS[name])
    assert told["ProtectSystem"] == "strict"
    assert told["NoNewPrivileges"] == "yes"
    assert told["User"] == "pixcrawler"
    assert told["CapabilityBoundingSet"] == ""
    (workspace,) = [value for key, value in UNITS[name] if value.startswith("PIXCRAWLER_WORKSPACE=")]
    assert Path(told["ReadWritePaths"]) in Path(workspace.partition("=")[2]).parents


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_them(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / name.replace("@", "@1")
    text = (DEPLOY / "systemd" / name).read_text("utf-8")
    unit.write_text(text.replace("/opt/pixcrawler/bin/pixcrawler", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_api_tells_systemd_that_it_is_ready(pixcrawler: Command, tmp_path: Path) -> None:
    """What `Type=notify` waits for: sd_notify(3)."""
    assert dict(UNITS[API])["Type"] == "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.settimeout(30)
        bind = f"127.0.0.1:{free_port()}"
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        process = pixcrawler.start("serve", "--without-worker", "--bind", bind, environment=environment)
        assert b"READY=1" in told.recv(4096).split(b"\n")
        process.send_signal(signal.SIGTERM)
        assert wait(process).code == 0
