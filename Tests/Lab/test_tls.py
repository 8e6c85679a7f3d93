"""Sessions over a relay with TLS: its own key remembered, an authority's word taken, and everything else refused."""

from lab import Home
from scenarios import RA_CONNECT, Assistance, require
from scenarios.certificates import Authority

PLAIN, OPEN = Home(), Home(nat="none")
RELAY = "11.22.33.10"


def test_a_link_to_a_relay_that_vouches_for_itself_is_all_that_a_helper_needs():
    require("Xvfb")
    with Assistance(PLAIN, Home(nat="symmetric"), relay_options=["--tls-self-signed"]) as session:
        assert session.url == f"https://{RELAY}:5349"
        link = session.share().wait_for_event("invitation")["link"]
        assert link.startswith(f"{session.url}/j/")
        session.helper = session.lab.helper.popen([RA_CONNECT, "join", link, "--json", "--no-viewer"])
        session.helper.wait_for_event("connected")
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()
        for process, host in ((session.sharer, session.lab.sharer), (session.helper, session.lab.helper)):
            assert process.errors.count("vouches for itself") == 1
            known = known_relays(host)
            assert known.stat().st_mode & 0o777 == 0o600
            name, key = known.read_text().split()
            assert name == f"{RELAY}:5349" and key in process.errors and key in session.relay.errors

        # Whoever has met it is told nothing more.
        session.connect()
        session.consent_to_view()
        session.stop_in_order()
        assert "vouches" not in session.sharer.errors + session.helper.errors


def test_an_office_that_lets_only_port_443_out():
    require("Xvfb")
    options = ["--tls-self-signed", "--also-listen", "443"]
    with Assistance(PLAIN, Home(nat="https-only"), relay_options=options) as session:
        assert session.url == f"https://{RELAY}"
        _, helper = session.connect()
        assert helper["path"]["kind"] == "relayed"
        session.consent_to_view()
        session.stop_in_order()


def test_a_relay_with_another_key_is_refused_with_what_to_do():
    require("Xvfb")
    with Assistance(OPEN, OPEN, relay_options=["--tls-self-signed"]) as session:
        session.invite()
        known = known_relays(session.lab.sharer)
        session.sharer.stop()
        session.relay.stop()
        for file in session.lab.relay.home.rglob("tls-*.pem"):
            file.unlink()
        session.restart_relay()
        sharer = session.share(json=False)
        assert sharer.wait() == 3
        said = sharer.errors + "\n".join(sharer.lines)
        assert "another key" in said and str(known) in said
        # As the sentence says: without the line it is met anew.
        known.unlink()
        session.invite()


def test_the_word_of_an_authority_is_taken_for_the_name_that_it_vouches_for(tmp_path):
    require("Xvfb", "openssl")
    authority = Authority(tmp_path)
    certificate, key = authority.certificate(RELAY)
    with Assistance(OPEN, OPEN, relay_options=["--tls-cert", certificate, "--tls-key", key]) as session:
        assert session.url == f"https://{RELAY}:5349"
        trusting = {"SSL_CERT_FILE": authority.root}
        session.invite(env=trusting)
        assert "vouches for itself" not in session.sharer.errors
        assert not known_relays(session.lab.sharer).exists()
        session.sharer.stop()

        # Nobody installed the root; and the relay's other address is not in the certificate.
        for env, url, words in (({}, session.url, "No authority"), (trusting, "https://11.22.33.11:5349", f"belongs to {RELAY}")):
            sharer = session.share(env=env, url=url, json=False)
            assert sharer.wait() == 3
            assert words in sharer.errors + "\n".join(sharer.lines)


def known_relays(host):
    return host.home / ".local" / "state" / "ra-connect" / "known-relays"
