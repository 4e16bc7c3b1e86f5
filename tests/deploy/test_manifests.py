"""What stands in ``deploy/``: each file passes its own tool's check where that is installed, and fits this release."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector import __version__
from connector.cli.group import root
from connector.config.config import load_config

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
UNIT = DEPLOY / "systemd" / "mlflow-grc.service"
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
OPTIONS = {"--config", "/etc/mlflow-grc/mlflow-grc.yaml"}


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    return found or pytest.skip(f"{name} is not installed")


def said(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def objects(path: Path) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def pods() -> Iterator[Any]:
    """Each manifest's template of a pod, with its file and kind."""
    for path in MANIFESTS:
        for each in objects(path):
            spec = each.get("spec", {})
            spec = spec.get("jobTemplate", {}).get("spec", spec)
            if "template" in spec:
                yield pytest.param(spec["template"]["spec"], id=f"{path.stem}-{each['kind']}")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_knows_every_key(path: Path) -> None:
    said(tool("kubernetes-validate"), "--strict", str(path))


def test_the_check_of_kubernetes_finds_a_wrong_key(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((DEPLOY / "kubernetes" / "deployment.yaml").read_text("utf-8").replace("replicas:", "replica:"))
    done = subprocess.run([tool("kubernetes-validate"), "--strict", str(wrong)], check=False, capture_output=True)
    assert done.returncode != 0


@pytest.mark.parametrize("pod", list(pods()))
def test_a_pod_has_no_more_rights_than_it_needs(pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    rights = container["securityContext"]
    assert (rights["allowPrivilegeEscalation"], rights["readOnlyRootFilesystem"]) == (False, True)
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert {mount["name"] for mount in container["volumeMounts"]} >= {"configuration", "secrets", "tmp"}
    assert container["image"] == f"mlflow-grc:{__version__}"


@pytest.mark.parametrize("pod", list(pods()))
def test_a_pod_runs_a_command_that_there_is(pod: dict[str, Any]) -> None:
    name, *options = pod["containers"][0]["args"]
    command = root.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert set(options) <= {option for param in command.params for option in param.opts}


def test_the_configuration_of_the_pods_is_one(tmp_path: Path) -> None:
    (text,) = (
        each["data"]["mlflow-grc.yaml"]
        for each in objects(DEPLOY / "kubernetes" / "configuration.yaml")
        if "data" in each
    )
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(text, encoding="utf-8")
    load_config(path).mapping("grc")
    named = set(re.findall(r"/run/secrets/mlflow-grc/([a-z-]+)", text))
    told = (DEPLOY / "kubernetes" / "configuration.yaml").read_text("utf-8")
    assert named == set(re.findall(r"--from-file=([a-z-]+)", told))
    assert "/run/secrets/mlflow-grc" in {
        mount["mountPath"] for pod in pods() for mount in pod.values[0]["containers"][0]["volumeMounts"]
    }


def test_selectors_choose_what_is_made() -> None:
    for path in MANIFESTS:
        for each in objects(path):
            spec = each.get("spec", {})
            if "selector" in spec and "template" in spec:
                assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"], path.name
    service = next(each for each in objects(DEPLOY / "kubernetes" / "network.yaml") if each["kind"] == "Service")
    deployment = next(objects(DEPLOY / "kubernetes" / "deployment.yaml"))
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/mlflow-grc/bin/mlflow-grc", shutil.which("true") or ""))
    assert said(analyze, "verify", str(unit)) == ""
    said(analyze, "security", "--offline=true", "--threshold=20", str(unit))


def test_the_unit_starts_the_daemon_with_secrets_by_reference() -> None:
    text = UNIT.read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)
    assert set(line.split()) == OPTIONS | {"run"}
    assert not re.search(r"^Environment=.*(TOKEN|SECRET|PASSWORD)", text, re.MULTILINE | re.IGNORECASE)
    assert "LoadCredential=grc-token:" in text


def test_the_dockerfile_has_no_complaint() -> None:
    said(tool("hadolint"), str(DOCKERFILE))


def test_the_image_has_no_root_and_what_it_is_built_of() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    root = DEPLOY.parent
    copied = [name for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for name in line.split()]
    assert all((root / name).exists() for name in copied)
    sent = {
        line[1:]
        for line in (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if line[:1] == "!"
    }
    assert sent == set(copied)
