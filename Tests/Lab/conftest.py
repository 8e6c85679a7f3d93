"""People with contacts, for whichever module has a `place` with a sharer, a helper and a relay."""

import shutil
import zlib

import pytest
from scenarios.people import Person


@pytest.fixture
def people(place, request):
    """Makes people of this test, whose names are nobody else's, and ends what they have left running."""
    made = []

    def make(host, name, **more):
        # Names belong to keys for good, and every test makes new ones.
        name = f"{name}.{zlib.crc32(request.node.name.encode()) % 10_000}"
        person = Person(place, host, name, **more)
        shutil.rmtree(person.state, ignore_errors=True)
        made.append(person)
        return person
    yield make
    for host in (place.lab.sharer, place.lab.helper):
        for process in host.processes:
            if process.exit_code is None and "ra-connect" in str(process.arguments) and "Xvfb" not in str(process.arguments):
                process.stop()


@pytest.fixture
def pair(place, people):
    """Sara, who is helped, and Hugo, who is there: contacts of each other."""
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo")
    hugo.listen()
    sara.befriend(hugo)
    return sara, hugo


@pytest.fixture
def etc(tmp_path):
    """An /etc of the test's own, for a mount namespace: the machine's has no say, and stays as it is."""
    folder = tmp_path / "etc"
    shutil.copytree("/etc", folder, symlinks=True, ignore=shutil.ignore_patterns("ra-connect", "ssl", "alternatives"),
                    ignore_dangling_symlinks=True)
    (folder / "ra-connect").mkdir()
    return folder
