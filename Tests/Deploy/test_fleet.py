"""A fleet's configuration, its manifests and its restart, as far as one machine can tell: a relay accepts what they write and serves
with it, they agree with each other, and no node is restarted while another one is away."""

import re
import subprocess

import kubernetes_validate
import pytest
import yaml
from deployed import DEPLOY, PROGRAMS, ROOT, need_root, netns, page, run, running
from lab.loopback import LocalHost
from scenarios import RA_RELAY, require
from scenarios.database import Database

FLEET = DEPLOY / "fleet"
MANIFEST = DEPLOY / "kubernetes" / "fleet.yaml"
DOCUMENTS = list(yaml.safe_load_all(MANIFEST.read_text()))
SINGLE = {document["kind"]: document for document in yaml.safe_load_all((DEPLOY / "kubernetes" / "ra-relay.yaml").read_text())}


def one(kind):
    found = [document for document in DOCUMENTS if document["kind"] == kind]
    assert len(found) == 1
    return found[0]


def pod(kind):
    return one(kind)["spec"]["template"]["spec"]


@pytest.fixture
def certificate(tmp_path):
    """A pair of a name's, where the configuration looks for it."""
    folder = tmp_path / "tls"
    folder.mkdir()
    pair = folder / "fullchain.pem", folder / "privkey.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=n1",
        "-addext", "subjectAltName=DNS:n1.relay.example.org,DNS:relay.example.org", "-out", pair[0], "-keyout", pair[1])
    for name, file in zip(("tls.crt", "tls.key"), pair):
        (folder / name).write_text(file.read_text())
    return folder


@pytest.mark.parametrize("version", ("1.29", kubernetes_validate.latest_version()))
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["kind"])
def test_a_manifest_is_valid(document, version):
    kubernetes_validate.validate(document, version, strict=True)


def test_every_selector_finds_its_pods_and_every_volume_is_there():
    labels = {document["kind"]: document["spec"]["template"]["metadata"]["labels"] for document in DOCUMENTS
              if document["kind"] in ("DaemonSet", "StatefulSet")}
    assert one("DaemonSet")["spec"]["selector"]["matchLabels"].items() <= labels["DaemonSet"].items()
    assert one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"].items() <= labels["DaemonSet"].items()
    assert one("StatefulSet")["spec"]["selector"]["matchLabels"].items() <= labels["StatefulSet"].items()
    assert one("Service")["spec"]["selector"].items() <= labels["StatefulSet"].items()
    claims = {claim["metadata"]["name"] for claim in one("StatefulSet")["spec"]["volumeClaimTemplates"]}
    for kind, more in (("DaemonSet", set()), ("StatefulSet", claims)):
        there = {volume["name"] for volume in pod(kind)["volumes"]} | more
        for container in pod(kind).get("initContainers", []) + pod(kind)["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= there


def test_every_port_secret_and_configuration_that_is_named_is_there():
    ports = {kind: {port["name"]: port["containerPort"] for container in pod(kind)["containers"] for port in container["ports"]}
             for kind in ("DaemonSet", "StatefulSet")}
    for kind, names in ports.items():
        for container in pod(kind)["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                asked = container.get(probe, {})
                for way in ("httpGet", "tcpSocket"):
                    assert way not in asked or asked[way]["port"] in names, (kind, probe)
    for port in one("Service")["spec"]["ports"]:
        assert ports["StatefulSet"][port["targetPort"]] == port["port"]
    assert one("StatefulSet")["spec"]["serviceName"] == one("Service")["metadata"]["name"]
    # The head of the file says which secrets are to be made.
    made = dict(re.findall(r"create secret (?:generic|tls) (\S+) (.*)", MANIFEST.read_text()))
    for kind in ("DaemonSet", "StatefulSet"):
        for volume in pod(kind)["volumes"]:
            assert "secret" not in volume or volume["secret"]["secretName"] in made
            assert "configMap" not in volume or volume["configMap"]["name"] == one("ConfigMap")["metadata"]["name"]
    assert "--from-literal=password=" in made["ra-relay-database"] and "--cert=" in made["ra-relay"]
    assert {document["metadata"]["namespace"] for document in DOCUMENTS} == {"remote-assistance"}


def test_a_fleets_relay_is_confined_and_asked_as_a_single_one():
    """What both manifests have in common stays so."""
    fleet, single = pod("DaemonSet"), SINGLE["DaemonSet"]["spec"]["template"]["spec"]
    for key in ("hostNetwork", "dnsPolicy", "terminationGracePeriodSeconds", "securityContext", "automountServiceAccountToken"):
        assert fleet[key] == single[key], key
    for key in ("image", "ports", "startupProbe", "readinessProbe", "livenessProbe", "resources", "securityContext"):
        assert fleet["containers"][0][key] == single["containers"][0][key], key
    assert one("DaemonSet")["spec"]["updateStrategy"] == SINGLE["DaemonSet"]["spec"]["updateStrategy"]


def test_the_manifests_init_container_writes_what_a_relay_accepts(tmp_path, certificate):
    folders = {"/configuration": tmp_path / "configuration", "/secret": tmp_path / "secret", "/run/ra-relay": tmp_path / "run",
               "/tls": certificate}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)

    def here(text):
        return re.sub(f'({"|".join(folders)})(?=/)', lambda found: str(folders[found[0]]), text)

    (folders["/configuration"] / "ra-relay.toml").write_text(here(one("ConfigMap")["data"]["ra-relay.toml"]))
    (folders["/secret"] / "password").write_text("0123456789abcdef" * 4)
    container = pod("DaemonSet")["initContainers"][0]
    assert [variable["name"] for variable in container["env"]] == ["NODE"]
    run(*container["command"], *map(here, container["args"]), env={"PATH": f"{PROGRAMS}:/usr/bin:/bin", "NODE": "n1"})
    written = (tmp_path / "run" / "ra-relay.toml").read_text()
    assert 'node-url = "https://n1.relay.example.org:5349"' in written
    service, database = one("Service")["metadata"]["name"], {each["name"]: each.get("value") for each in pod("StatefulSet")["containers"][0]["env"]}
    assert f'@{service}/{database["POSTGRES_DB"]}"' in written and f'postgres://{database["POSTGRES_USER"]}:' in written


def test_the_manifests_relay_serves_with_a_database_and_answers_its_probes(tmp_path, tmp_path_factory, certificate):
    """The file that the init container writes, but for the place of the database, and the relay's arguments as they stand there."""
    require("psql", "curl", lab=False)
    need_root()
    hosts = tmp_path_factory.mktemp("pg")  # the path of PostgreSQL's socket must be short
    database = Database(LocalHost("database", hosts), hosts)
    file, state = tmp_path / "ra-relay.toml", tmp_path / "state"
    text = one("ConfigMap")["data"]["ra-relay.toml"].replace("/tls/", f"{certificate}/")
    url = "https://n1.relay.example.org:5349"
    file.write_text(f'{text}\npublic-url = "{url}"\nnode-url = "{url}"\nstate = "{database.socket_url}"\n')
    container = pod("DaemonSet")["containers"][0]
    arguments = [str(file) if word == "/run/ra-relay/ra-relay.toml" else word for word in container["args"]]
    try:
        with running(["env", f"STATE_DIRECTORY={state}", *netns(RA_RELAY, *arguments)]) as (relay, ready):
            assert ready == url
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                asked = container[probe]["httpGet"]
                assert page(relay, asked["path"], ports[asked["port"]])[0] == 200, probe
            assert database.query("SELECT url FROM node") == [url]
    finally:
        database.stop()


def test_a_nodes_configuration_is_good(tmp_path, certificate):
    file = tmp_path / "ra-relay.toml"
    file.write_text((FLEET / "node.toml").read_text().replace("/etc/ra-relay/tls", str(certificate)))
    assert "good" in run(PROGRAMS / "ra-relay", "check-config", file)


def test_the_zone_the_database_and_the_nodes_agree():
    zone, access, node = [(FLEET / name).read_text() for name in ("zone", "pg_hba.conf", "node.toml")]
    records = re.findall(r"^(\S+)?\s+(?:IN\s+)?A\s+(\S+)$", zone, re.M)
    entry = {address for name, address in records if name in ("relay", "")}
    nodes = {name: address for name, address in records if name.startswith("n")}
    assert entry == set(nodes.values()) and len(nodes) == 3
    assert set(re.findall(r"^hostssl\s+ra-relay\s+ra-relay\s+(\S+)/32\s+scram-sha-256$", access, re.M)) == entry
    origin = re.search(r"^\$ORIGIN (\S+)\.$", zone, re.M)[1]
    urls = set(re.findall(r'^(?:public|node)-url = "https://([^:"]+):5349"$', node, re.M))
    assert len(urls) == 1 and urls <= {f"{name}.{origin}" for name in nodes}


class Restarts:
    """`rolling-restart` with commands that write down what they were asked."""

    def __init__(self, folder):
        self.log = folder / "log"
        self.log.write_text("")
        self.folder = folder

    def run(self, *nodes, ready):
        return subprocess.run(
            [FLEET / "rolling-restart", *nodes], capture_output=True, text=True, timeout=60,
            env={"PATH": "/usr/bin:/bin", "SETTLE": "0", "WAIT": "2", "RESTART": f'echo "restart $1" >>{self.log}', "READY": ready})

    @property
    def lines(self):
        return self.log.read_text().splitlines()


def test_a_rolling_restart_takes_one_after_the_other(tmp_path):
    restarts = Restarts(tmp_path)
    done = restarts.run("n1", "n2", "n3", ready=f'echo "ready $1" >>{restarts.log}')
    assert done.returncode == 0, done.stderr
    assert restarts.lines == ["ready n1", "ready n2", "ready n3", "restart n1", "ready n1", "restart n2", "ready n2", "restart n3", "ready n3"]


def test_a_rolling_restart_begins_only_when_all_are_there_and_stops_at_the_first_that_does_not_come_back(tmp_path):
    restarts = Restarts(tmp_path)
    done = restarts.run("n1", "n2", ready='[ "$1" != n2 ]')
    assert done.returncode == 1 and "n2 is not ready: nothing was restarted" in done.stderr and restarts.lines == []
    # n1 is ready once, before its restart.
    done = restarts.run("n1", "n2", ready=f'[ "$1" = n2 ] || ! grep -q "restart n1" {restarts.log}')
    assert done.returncode == 1 and "n1 is not ready again" in done.stderr
    assert restarts.lines == ["restart n1"]
    assert subprocess.run([FLEET / "rolling-restart"], capture_output=True, timeout=20).returncode == 2


def test_the_guide_names_what_is_there():
    guide = (ROOT / "docs" / "fleet.md").read_text()
    for path in re.findall(r"`(Deploy/[^`\s]+)`", guide):
        assert (ROOT / path).exists(), path
    metrics = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.M))
    assert set(re.findall(r"`(ra_relay_\w+)`", guide)) <= metrics
    keys = set(re.findall(r"^# ([a-z-]+) = ", (DEPLOY / "ra-relay.toml").read_text(), re.M))
    assert {"node-url", "public-url"} <= keys
