"""The authority that the relays of these tests have their certificate from, and that others' programs are told to trust."""

import functools
import pathlib
import subprocess
import tempfile

#: Every name by which a test calls a relay.
_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n"


class Authority:
    """Three PEM files: the authority's own certificate, and a relay's with its key."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="ra-authority-")
        folder = pathlib.Path(self._folder.name)
        self.root, self.certificate, self.key = [folder / f"{name}.pem" for name in ("root", "certificate", "key")]
        (folder / "names").write_text(_NAMES)
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        for words in (
            ["req", "-x509", *new_key, "-keyout", "root-key.pem", "-out", self.root, "-days", "2", "-subj", "/CN=Test Authority"],
            ["req", *new_key, "-keyout", self.key, "-out", "request.pem", "-subj", "/CN=localhost"],
            ["x509", "-req", "-in", "request.pem", "-CA", self.root, "-CAkey", "root-key.pem", "-CAcreateserial",
             "-out", self.certificate, "-days", "2", "-extfile", "names"],
        ):
            subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)


@functools.cache
def authority():
    """One for all relays of a run."""
    return Authority()
