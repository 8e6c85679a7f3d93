"""The manual pages say each option, and no other; every reader of manuals reads them without a complaint."""

import re

import pytest
from deployed import DEPLOY, commands, run
from scenarios import require

PAGES = sorted((DEPLOY / "man").glob("*.1"))


@pytest.fixture(scope="module")
def settings_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("man") / "ra-relay.toml.5"
    path.write_text(run(DEPLOY / "man" / "settings-page", DEPLOY / "ra-relay.toml"))
    return path


def documented(page):
    """The options of each `.Ss` of the part COMMANDS."""
    found, command = {}, None
    for line in page.read_text().split(".Sh COMMANDS\n")[1].split("\n.Sh ")[0].splitlines():
        if line.startswith(".Ss "):
            command = found.setdefault(line.removeprefix(".Ss "), set())
        elif line.startswith(".It Fl"):
            command |= {"-" + name for name in re.findall(r"\bFl (\S+)", line)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_every_option_of_every_command_and_no_other(page):
    pages = documented(page)
    described = commands(page.stem)
    assert set(pages) == set(described)
    # --version and --help, which every command has, stand with the program alone.
    general = {"-h", "--help", "--version"}
    for name, command in described.items():
        options = {
            ("-" if spelling["kind"] == "short" else "--") + spelling["name"]
            for argument in command["arguments"] for spelling in argument.get("names", [])}
        assert pages[name] == (options if name == page.stem else options - general), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_synopsis_names_every_command(page):
    synopsis = page.read_text().split(".Sh SYNOPSIS\n")[1].split(".Sh ")[0]
    shown = set(re.findall(r"^\.Cm (.+)$", synopsis, re.M)) or {""}
    leaves = {
        name.removeprefix(page.stem).strip() for name, command in commands(page.stem).items()
        if not [inner for inner in command.get("subcommands", []) if inner["commandName"] != "help"]}
    assert shown == leaves


def test_the_settings_page_has_every_key_of_the_documented_file(settings_page):
    keys = re.findall(r"^# ([a-z-]+) = ", (DEPLOY / "ra-relay.toml").read_text(), re.M)
    assert re.findall(r"^\.It Cm (\S+)", settings_page.read_text(), re.M) == keys
    assert len(keys) > 10


def test_every_reader_of_manuals_accepts_them(settings_page):
    require("mandoc", "man", lab=False)
    for page in [*PAGES, settings_page]:
        assert run("mandoc", "-T", "lint", "-W", "warning", page) == ""
        done = run("sh", "-c", 'man --warnings -E UTF-8 -l -Tutf8 -Z "$0" 2>&1 >/dev/null', page, env=quiet())
        assert done == "", done


def quiet():
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"}


def test_a_page_refers_only_to_pages_that_are_there(settings_page):
    known = {f"{path.stem} {path.suffix[1:]}" for path in [*PAGES, settings_page]}
    for page in [*PAGES, settings_page]:
        assert set(re.findall(r"^\.Xr (\S+ \d)", page.read_text(), re.M)) <= known
    for name in re.findall(r"man:([\w.-]+)\((\d)\)", (DEPLOY / "systemd" / "ra-relay.service").read_text()):
        assert " ".join(name) in known
