"""The manifests are Kubernetes', and what they start starts."""

import copy
import os
import re
import subprocess

import kubernetes_validate
import pytest
import yaml
from deployed import DEPLOY, PROGRAMS, need_root, netns, page, running
from scenarios import RA_RELAY, require

MANIFEST = DEPLOY / "kubernetes" / "ra-relay.yaml"
DOCUMENTS = {document["kind"]: document for document in yaml.safe_load_all(MANIFEST.read_text())}
POD = DOCUMENTS["DaemonSet"]["spec"]["template"]["spec"]
#: The oldest that is told in docs, and the newest that the validator knows.
VERSIONS = ("1.29", kubernetes_validate.latest_version())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_manifest_is_valid(kind, version):
    kubernetes_validate.validate(DOCUMENTS[kind], version, strict=True)


def test_a_wrong_manifest_is_not():
    wrong = copy.deepcopy(DOCUMENTS["DaemonSet"])
    wrong["spec"]["template"]["spec"]["hostNetwrk"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_every_selector_finds_the_pods():
    labels = DOCUMENTS["DaemonSet"]["spec"]["template"]["metadata"]["labels"]
    for kind in ("DaemonSet", "PodDisruptionBudget"):
        wanted = DOCUMENTS[kind]["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= labels.items()


def test_every_volume_that_is_mounted_is_there():
    for container in POD["initContainers"] + POD["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} <= {volume["name"] for volume in POD["volumes"]}


def test_the_image_is_the_dockerfiles():
    dockerfile = (DEPLOY / "container" / "Dockerfile").read_text()
    user, group = re.search(r"^USER (\d+):(\d+)$", dockerfile, re.M).groups()
    assert (POD["securityContext"]["runAsUser"], POD["securityContext"]["runAsGroup"]) == (int(user), int(group))
    version = (DEPLOY / "debian" / "changelog").read_text().split("(")[1].split(")")[0]
    for container in POD["initContainers"] + POD["containers"]:
        assert container["image"].endswith(f"/ra-relay:{version}")


def test_the_configuration_is_put_together_and_the_probes_are_answered(tmp_path):
    """The init container's script and the relay's arguments, as they stand there, with folders of the test's."""
    require("curl", lab=False)
    need_root()
    folders = {"/configuration": tmp_path / "configuration", "/secret": tmp_path / "secret",
               "/run/ra-relay": tmp_path / "run", "/var/lib/ra-relay": tmp_path / "state"}
    for folder in folders.values():
        folder.mkdir()

    def here(text):
        return re.sub("|".join(folders), lambda found: str(folders[found[0]]), text)

    for name, text in DOCUMENTS["ConfigMap"]["data"].items():
        (folders["/configuration"] / name).write_text(text)
    (folders["/secret"] / "auth-secret").write_text("0123456789abcdef" * 4)
    preparing, relaying = POD["initContainers"][0], POD["containers"][0]
    subprocess.run([*preparing["command"], *map(here, preparing["args"])], check=True,
                   env={"PATH": f"{PROGRAMS}:{os.environ['PATH']}"})
    with running(netns(RA_RELAY, *map(here, relaying["args"]))) as (relay, _):
        ports = {port["name"]: port["containerPort"] for port in relaying["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            get = relaying[probe]["httpGet"]
            assert page(relay, get["path"], ports[get["port"]])[0] == 200
    assert not (folders["/var/lib/ra-relay"] / "state" / "auth-secret").exists(), "the Secret's secret is used"
