"""A certificate authority of a test's own, and certificates by it."""

import ipaddress
import subprocess

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """`root` is what a client that trusts it is given as SSL_CERT_FILE."""

    def __init__(self, folder):
        self._folder = folder
        self.root = folder / "root.pem"
        self._openssl("req", "-x509", *_NEW_KEY, "-keyout", "root-key.pem", "-out", "root.pem", "-days", 2, "-subj", "/CN=Lab Authority")

    def certificate(self, *names):
        """A certificate for names and addresses, and its key: two files."""
        name = names[0]
        self._openssl("req", *_NEW_KEY, "-keyout", f"{name}-key.pem", "-out", f"{name}.request", "-subj", "/CN=relay")
        (self._folder / f"{name}.names").write_text(
            f"subjectAltName={','.join(map(_alternative, names))}\nextendedKeyUsage=serverAuth\n")
        self._openssl("x509", "-req", "-in", f"{name}.request", "-CA", "root.pem", "-CAkey", "root-key.pem", "-CAcreateserial",
                      "-days", 2, "-extfile", f"{name}.names", "-out", f"{name}.pem")
        key = self._folder / f"{name}-key.pem"
        key.chmod(0o644)
        return self._folder / f"{name}.pem", key

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self._folder)


def _alternative(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"DNS:{name}"
    return f"IP:{name}"
