"""What the runbook tells to type exists: commands, options, keys of the file, metrics, files of the package, headings."""

import re

import pytest
from deployed import DEPLOY, PROGRAMS, ROOT, commands, run

RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
GUIDES = [RUNBOOK, (ROOT / "docs" / "sizing.md").read_text()]
SPANS = [span for guide in GUIDES for span in re.findall(r"`([^`\n]+)`", guide)]


@pytest.mark.parametrize("program", ["ra-relay", "ra-probe", "ra-connect"])
def test_a_command_and_its_options_are_the_programs(program):
    described = commands(program)
    for span in SPANS:
        words = span.split()
        if words[0] != program or len(words) == 1:
            continue
        name = program
        while len(words) > 1 and f"{name} {words[1]}" in described:
            name = f"{name} {words.pop(1)}"
        known = {"--" + spelling["name"] for argument in described[name]["arguments"] for spelling in argument.get("names", [])}
        assert {word for word in words if word.startswith("--")} <= known, span
        assert words[1:] == [] or words[1].startswith("-") or described[name]["arguments"], span


def test_a_command_that_asks_or_signs_names_the_services_file():
    """Root's own state directory is another than the service's, and may have another secret."""
    spans = [span for span in SPANS if re.match(r"ra-relay (status|credentials|ban) |ra-relay (status|credentials mint)$", span)]
    named = [span for span in spans if "--config /etc/ra-relay/ra-relay.toml" in span]
    assert len(named) >= 3 and not [span for span in spans if "--state" in span]


def test_an_option_that_stands_alone_is_one_of_serve():
    known = {"--" + spelling["name"] for argument in commands("ra-relay")["ra-relay serve"]["arguments"]
             for spelling in argument.get("names", [])}
    alone = {span.split()[0] for span in re.findall(r"`(--[^`\n]+)`", RUNBOOK)}
    assert alone - {"--json", "--state", "--config", "--address", "--person", "--key"} <= known


def test_a_setting_is_one_of_the_file():
    keys = set(re.findall(r"^# ([a-z-]+) = ", (DEPLOY / "ra-relay.toml").read_text(), re.M))
    settings = {key for guide in GUIDES for key in re.findall(r"`([a-z]+(?:-[a-z]+)*) = [^`]+`", guide)}
    assert settings and settings <= keys


@pytest.mark.parametrize("value", [match for match in re.findall(r"`(auth-secret = [^`]+)`", RUNBOOK)])
def test_a_secret_is_written_so(tmp_path, value):
    file = tmp_path / "ra-relay.toml"
    file.write_text(value.replace("NEW", "1" * 64).replace("OLD", "2" * 64) + "\n")
    assert "good" in run(PROGRAMS / "ra-relay", "check-config", file)


def test_a_metric_is_documented():
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.M))
    named = {name for guide in GUIDES for name in re.findall(r"`(ra_relay_\w+|process_\w+)`", guide)}
    assert named and named <= documented


def test_a_file_is_in_the_package_or_here():
    examples = set(re.findall(r"/usr/share/doc/ra-relay/examples/([\w.-]+\w)", "".join(GUIDES)))
    packaged = re.search(r"^cp (.*?)\"\$source/examples\"$", (ROOT / "Tools" / "package").read_text(), re.M | re.S)[1]
    assert examples and examples <= {path.rsplit("/", 1)[1] for path in re.findall(r"Deploy/\S+", packaged.split('docs"')[-1])}
    for path in set(re.findall(r"`(Deploy/[\w./-]+)`", "".join(GUIDES))):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("guide", ["operations", "sizing", "metrics"])
def test_a_link_leads_somewhere(guide):
    for link in re.findall(r"\]\(([^)]+)\)", (ROOT / "docs" / f"{guide}.md").read_text()):
        file, _, heading = link.partition("#")
        text = (ROOT / "docs" / (file or f"{guide}.md")).read_text()
        headings = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                    for line in text.splitlines() if line.startswith("#")}
        assert not heading or heading in headings, link
