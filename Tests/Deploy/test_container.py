"""No container engine runs here; what can be seen without one is: the health check, and that the files agree."""

import json
import re
import subprocess

import pytest
import yaml
from deployed import DEPLOY, ROOT, need_root, netns, running
from scenarios import RA_RELAY, require

DOCKERFILE = (DEPLOY / "container" / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())["services"]["ra-relay"]


def instruction(name):
    return json.loads(re.search(rf"^{name} (\[.*\])$", DOCKERFILE, re.M)[1])


def test_the_health_check_is_green_for_a_relay_and_red_without_one(tmp_path):
    require("bash", "curl", lab=False)
    need_root()
    check = json.loads(re.search(r"HEALTHCHECK .*\\\n +CMD (\[.*\])$", DOCKERFILE, re.M)[1])
    assert subprocess.run(netns(*check), capture_output=True).returncode != 0
    with running(netns(RA_RELAY, "serve", "--state", tmp_path / "state")) as (relay, _):
        subprocess.run(["nsenter", "--net", "--target", str(relay.pid), *check], check=True)


def test_the_image_runs_what_the_service_runs():
    unit = (DEPLOY / "systemd" / "ra-relay.service").read_text()
    assert " ".join(instruction("ENTRYPOINT") + instruction("CMD")) == re.search(r"^ExecStart=(.+)$", unit, re.M)[1]
    assert COMPOSE["ulimits"]["nofile"] == int(re.search(r"^LimitNOFILE=(\d+)$", unit, re.M)[1])
    assert re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.M)


def test_what_compose_names_is_there():
    folder = DEPLOY / "container"
    assert (folder / COMPOSE["build"]["context"]).resolve() == ROOT
    assert (ROOT / COMPOSE["build"]["dockerfile"]).exists()
    configuration = COMPOSE["volumes"][0].split(":")[0]
    assert (folder / configuration).resolve() == DEPLOY / "ra-relay.toml"
    assert COMPOSE["network_mode"] == "host" and COMPOSE["read_only"] and COMPOSE["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("ignored", [".build", "out", ".venv"])
def test_the_build_takes_no_products_along(ignored):
    assert ignored in (DEPLOY / "container" / "Dockerfile.dockerignore").read_text().split()
