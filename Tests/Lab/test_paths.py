"""Every pair of homes finds the best path that its routers allow, and the picture crosses it."""

import pytest
from lab import Home, picture
from scenarios import Assistance, require
from scenarios.assistance import CONNECT_LIMIT
from scenarios.waiting import settled

PLAIN, SYMMETRIC, NO_UDP, OPEN = Home(), Home(nat="symmetric"), Home(nat="udp-blocked"), Home(nat="none")

#: name, sharer, helper, kind of path (both sides), the helper's transport
PATHS = [
    ("both plain", PLAIN, PLAIN, "punched", "udp"),
    ("UPnP at the sharer, symmetric helper", Home(mapping="all"), SYMMETRIC, "mapped", "udp"),
    ("both symmetric", SYMMETRIC, SYMMETRIC, "relayed", "udp"),
    ("no UDP at both", NO_UDP, NO_UDP, "relayed", "tcp"),
    ("no UDP at the helper", PLAIN, NO_UDP, "relayed", "tcp"),
    ("plain and symmetric", PLAIN, SYMMETRIC, "relayed", "udp"),
    ("full cone and symmetric", Home(nat="full-cone"), SYMMETRIC, "punched", "udp"),
    ("carrier-grade NAT at both", Home(nat="cgn"), Home(nat="cgn"), "punched", "udp"),
    ("NAT-PMP alone, symmetric helper", Home(mapping="nat-pmp"), SYMMETRIC, "mapped", "udp"),
    ("PCP alone, symmetric helper", Home(mapping="pcp"), SYMMETRIC, "mapped", "udp"),
    ("PCP at the helper, symmetric sharer", SYMMETRIC, Home(mapping="pcp"), "mapped", "udp"),
    ("PCP that opens no port at the symmetric sharer", Home(nat="symmetric", mapping="pcp-peer"), PLAIN, "punched", "udp"),
    ("PCP that opens no port at the symmetric helper", PLAIN, Home(nat="symmetric", mapping="pcp-peer"), "punched", "udp"),
    ("UPnP alone, symmetric helper", Home(mapping="upnp"), SYMMETRIC, "mapped", "udp"),
    ("old UPnP router, symmetric helper", Home(mapping="igd1"), SYMMETRIC, "mapped", "udp"),
    ("NAT-PMP at the helper, symmetric sharer", SYMMETRIC, Home(mapping="nat-pmp"), "mapped", "udp"),
    ("a mapping that does not work", Home(nat="symmetric", mapping="dead"), SYMMETRIC, "relayed", "udp"),
    ("both on the internet", OPEN, OPEN, "direct", "udp"),
    ("sharer on the internet", OPEN, PLAIN, "punched", "udp"),
    ("lossy lines", Home(loss=5), Home(loss=5), "punched", "udp"),
]


@pytest.mark.parametrize("sharer, helper, kind, transport", [row[1:] for row in PATHS], ids=[row[0] for row in PATHS])
def test_the_best_path_is_found_and_the_picture_crosses_it(sharer, helper, kind, transport, record_property):
    require("Xvfb", "xterm", "xclock", "xlogo", "xeyes", "xsetroot", "xdotool", "import")
    with Assistance(sharer, helper) as session:
        cross(session, kind, transport, record_property)


def test_an_office_that_lets_only_https_out_reaches_a_relay_on_443(record_property):
    require("Xvfb", "xterm", "xclock", "xlogo", "xeyes", "xsetroot", "xdotool", "import")
    with Assistance(PLAIN, Home(nat="https-only"), relay_options=["--also-listen", "443"]) as session:
        cross(session, "relayed", "tcp", record_property, helper_url=f"http://{session.lab.relay.address}:443")


def test_a_door_that_opens_late_is_used_all_the_same():
    require("Xvfb")
    with Assistance(SYMMETRIC, Home(mapping="upnp")) as session:
        _, at_helper = session.connect()
        if at_helper["path"]["kind"] != "mapped":
            session.helper.wait_for_event("path", where=lambda event: event["path"] and event["path"]["kind"] == "mapped")
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


def cross(session, kind, transport, record_property, **options):
    session.desktop.furnish()
    snapshot = session.lab.helper.directory / "tmp" / "snapshot.png"
    at_sharer, at_helper = session.connect("--snapshot", snapshot, **options)
    # The first path that works is used at once; the best one is there soon after.
    at_sharer["path"], at_helper["path"] = (
        settled(process, event, kind) for process, event in ((session.sharer, at_sharer), (session.helper, at_helper)))
    record_property("join to connected, s", f"{at_helper['_at']:.2f}")
    print(f"connected {at_helper['_at']:.2f} s after join: {at_helper['path']}")
    assert (at_sharer["path"]["kind"], at_helper["path"]["kind"]) == (kind, kind), explain(session)
    assert at_helper["path"]["transport"] == transport, explain(session)
    assert at_helper["_at"] < CONNECT_LIMIT

    session.consent_to_view()
    frame = session.helper.wait_for_event("first-frame")
    direct = session.desktop.capture()
    assert (frame["width"], frame["height"]) == picture.size(snapshot) == session.desktop.size
    alike = picture.ssim(snapshot, direct)
    record_property("SSIM", f"{alike:.4f}")
    assert alike >= 0.95
    session.stop_in_order()


def explain(session):
    """What was tried, of both sides, for whoever reads a failure."""
    return "\n".join(
        f"{process.label}: {event}" for process in (session.sharer, session.helper) for event in process.events
        if event["event"] in ("connected", "path", "candidates"))
