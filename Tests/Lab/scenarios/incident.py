"""Writes invitations as Windows does, from the specification and with other people's cryptography: what ra-connect is to read."""

import hashlib
import time

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SESSION, KEY_HASH = "c2Vzc2lvbg==", "aGFzaA=="


def sealed(text, password):
    """An LHTICKET: AES-128 in CBC mode; the key is what CryptDeriveKey makes of the password's SHA-1."""
    digest = hashlib.sha1(password.encode("utf-16le")).digest()
    block = bytes(a ^ b for a, b in zip(digest.ljust(64, b"\0"), b"\x36" * 64, strict=True))
    padder = padding.PKCS7(128).padder()
    whole = padder.update(text.encode("utf-16le")) + padder.finalize()
    encryptor = Cipher(algorithms.AES(hashlib.sha1(block).digest()[:16]), modes.CBC(bytes(16))).encryptor()
    return (encryptor.update(whole) + encryptor.finalize()).hex().upper()


def invitation(addresses, *, password=None, name="Ann", start=None, minutes=60, vista=False, sealed_addresses=None):
    """The file's bytes, in UTF-16 as Windows XP has it, or as a later one with an LHTICKET.

    `addresses` are pairs of a host and a port; `sealed_addresses` are those in the LHTICKET, the same when not given."""
    places = ";".join(f"{host}:{port}" for host, port in addresses)
    fields = {"USERNAME": name}
    if vista:
        lines = "".join(f'<L P="{port}" N="{host}"/>' for host, port in sealed_addresses or addresses)
        fields["LHTICKET"] = sealed(
            f'<E><A KH="{KEY_HASH}" ID="{SESSION}"/><C><T ID="1" SID="0">{lines}</T></C></E>\r\n', password)
    fields |= {
        "RCTICKET": f"65538,1,{places},*,{SESSION},*,*,{KEY_HASH}", "PassStub": "ab*1C_d2",
        "RCTICKETENCRYPTED": "1" if password else "0", "DtStart": str(int(start or time.time())),
        "DtLength": str(minutes), "L": "0"}
    attributes = " ".join(f'{key}="{value}"' for key, value in fields.items())
    text = f'<?xml version="1.0" encoding="Unicode" ?><UPLOADINFO TYPE="Escalated"><UPLOADDATA {attributes} /></UPLOADINFO>'
    return text.encode("utf-16")
