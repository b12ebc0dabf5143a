"""The objects for Kubernetes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pixcrawler_server.settings import ServerSettings

from tests.deploy.files import KUBERNETES, check_command, check_variables, documents, objects, pods, run

CONTAINERS = [container for pod in pods() for container in pod["containers"]]
SETTINGS = ServerSettings.read(KUBERNETES / "base/server.toml")


@pytest.mark.parametrize("folder", ["base", "keda", "hpa"])
def test_it_is_what_the_schemas_say(folder: str, tmp_path: Path) -> None:
    """Kustomize puts it together; objects of KEDA have no schema there."""
    made = tmp_path / "made.yaml"
    made.write_text(run("kubectl", "kustomize", KUBERNETES / folder))
    run("kubernetes-validate", "--strict", made)
    kinds = [each["kind"] for each in documents(made)]
    assert kinds.count("Deployment") == 2


def test_the_example_of_a_secret_is_one() -> None:
    run("kubernetes-validate", "--strict", KUBERNETES / "base/secret.example.yaml")
    (secret,) = documents(KUBERNETES / "base/secret.example.yaml")
    check_variables(set(secret["stringData"]))


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda each: str(each["name"]))
def test_containers_run_commands_of_the_program(container: dict[str, Any]) -> None:
    check_command(container["args"])
    assert container["image"] == "pixcrawler"


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda each: str(each["name"]))
def test_containers_may_do_what_the_standard_restricted_allows(container: dict[str, Any]) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/."""
    context = container["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {"requests", "limits"} <= set(container["resources"])


@pytest.mark.parametrize("pod", pods(), ids=lambda each: str(each["containers"][0]["name"]))
def test_pods_are_nobody_in_particular_and_their_volumes_are_there(pod: dict[str, Any]) -> None:
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] == 10001
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    named = {each["name"] for each in pod["volumes"]}
    mounts = {each["name"]: each["mountPath"] for one in pod["containers"] for each in one["volumeMounts"]}
    assert set(mounts) == named
    assert mounts["workspace"] == "/workspace"
    claims = {each["metadata"]["name"] for each in objects("base") if each["kind"] == "PersistentVolumeClaim"}
    used = [each["persistentVolumeClaim"] for each in pod["volumes"] if "persistentVolumeClaim" in each]
    assert {each["claimName"] for each in used} <= claims


def api() -> dict[str, Any]:
    """The container of the API."""
    return next(each for each in CONTAINERS if each["name"] == "api")


def test_ports_agree() -> None:
    (port,) = api()["ports"]
    assert api()["args"][-1] == f"0.0.0.0:{port['containerPort']}"
    (service,) = [each for each in objects("base") if each["kind"] == "Service"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert service["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])
    policies = [each for each in objects("base") if each["kind"] == "NetworkPolicy"]
    (let,) = [each["ports"] for policy in policies for each in policy["spec"].get("ingress", ())]
    assert [each["port"] for each in let] == [port["containerPort"]]


def test_workers_are_scaled_by_as_many_jobs_as_one_runs_at_once() -> None:
    (scaled,) = objects("keda")
    (workers,) = [each for each in objects("hpa") if each["metadata"]["name"] == "worker"]
    (trigger,) = scaled["spec"]["triggers"]
    (metric,) = workers["spec"]["metrics"]
    thresholds = {trigger["metadata"]["threshold"], metric["external"]["target"]["averageValue"]}
    assert thresholds == {str(SETTINGS.crawl.at_once)}
    assert scaled["spec"]["scaleTargetRef"]["name"] == workers["spec"]["scaleTargetRef"]["name"] == "worker"
    rule = documents(KUBERNETES / "hpa/adapter-rule.yaml")[0]["rules"]["external"][0]
    assert rule["name"]["as"] == metric["external"]["metric"]["name"]
    assert rule["metricsQuery"] == trigger["metadata"]["query"]
