"""The composition for one machine."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from pixcrawler_server.settings import ServerSettings

from pixcrawler_core.components import Storage
from pixcrawler_core.registry import load
from tests.deploy.files import DEPLOY, check_command, check_variables, documents, run

(COMPOSE,) = documents(DEPLOY / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("api", "worker")


@pytest.mark.parametrize("name", ["compose.yaml", "compose.azurite.yaml"])
def test_it_is_what_the_specification_says(name: str) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / name)


@pytest.mark.parametrize("name", OURS)
def test_ours_are_commands_of_the_program_and_may_do_little(name: str) -> None:
    service = SERVICES[name]
    check_command(service["command"])
    check_variables(set(service["environment"]))
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_ports_agree() -> None:
    api = SERVICES["api"]
    (port,) = {each.rpartition(":")[2] for each in api["ports"]}
    assert api["command"][-1] == f"0.0.0.0:{port}"
    assert f"127.0.0.1:{port}/health/ready" in api["healthcheck"]["test"][-1]
    assert all(each.startswith("127.0.0.1:") for each in api["ports"])


def test_the_image_is_built_once_and_asked_of_nobody() -> None:
    users = {name: each for name, each in SERVICES.items() if each["image"] == "pixcrawler"}
    assert set(users) == {*OURS, "certificate"}
    assert [name for name, each in users.items() if "build" in each] == ["api"]
    assert {each.get("pull_policy") for each in users.values() if "build" not in each} == {"never"}


def test_commands_that_tell_of_health_have_no_blanks_in_their_words() -> None:
    """Podman joins the words of CMD, and parts them at blanks."""
    asked = [each["healthcheck"]["test"] for each in SERVICES.values() if "healthcheck" in each]
    assert [each for each in asked if each[0] == "CMD" and any(" " in word for word in each)] == []


def test_postgres_is_asked_as_it_is_used() -> None:
    """While it makes the database, it answers by its socket, and is stopped again."""
    asked = SERVICES["postgres"]["healthcheck"]["test"]
    assert asked[asked.index("--host") + 1] == "127.0.0.1"


def test_everything_that_is_named_is_there() -> None:
    volumes = {each.partition(":")[0] for one in SERVICES.values() for each in one.get("volumes", ())}
    assert volumes == set(COMPOSE["volumes"])
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            healthy = how["condition"] == "service_healthy"
            assert not healthy or "test" in SERVICES[needed]["healthcheck"], needed
    for config in COMPOSE["configs"].values():
        assert (DEPLOY / config["file"]).is_file()


def test_secrets_come_from_the_environment() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8") + (DEPLOY / "compose.azurite.yaml").read_text("utf-8")
    example = (DEPLOY / "compose.env.example").read_text("utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) == set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE))


def test_the_servers_it_names_are_services() -> None:
    settings = ServerSettings.read(DEPLOY / "server.toml")
    valkey = re.fullmatch(r"valkey://(\w+):6379", settings.limits.storage)
    database = re.search(r"@(\w+)/", SERVICES["api"]["environment"]["PIXCRAWLER_DATABASE"])
    assert valkey is not None
    assert database is not None
    assert {valkey[1], database[1]} <= set(SERVICES)


def test_its_stores_have_the_options_that_there_are() -> None:
    table = tomllib.loads((DEPLOY / "storage.azure.toml").read_text("utf-8"))["storage"]
    registry = load(installed=False)
    for name in table["stores"]:
        options = registry.get(Storage, name).options
        assert options is not None
        options.model_validate(table[name])
