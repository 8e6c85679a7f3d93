"""Spoken codes: `XXXXXX-XXXXXX` in Crockford's base 32; six symbols of look-up, five of secret, one check."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def check_symbol(symbols):
    """The last symbol: a sum over GF(32), x⁵ + x² + 1, weighted by powers of its root."""
    total = 0
    for symbol in symbols:
        total = (total ^ ALPHABET.index(symbol)) << 1
        if total & 32:
            total ^= 0b100101
    return ALPHABET[total]


def with_other_secret(code, number):
    """The same look-up and another secret, spelt without a mistake."""
    plain = code.replace("-", "")
    assert check_symbol(plain[:11]) == plain[11]
    other = ALPHABET[(ALPHABET.index(plain[10]) + 1 + number) % 32]
    body = plain[:10] + other
    return f"{body[:6]}-{body[6:]}{check_symbol(body)}"


def mistyped(code):
    """One symbol is wrong."""
    right = code.replace("-", "")[:11]
    right += check_symbol(right)
    wrong = ALPHABET[(ALPHABET.index(right[3]) + 1) % 32]
    return f"{right[:3]}{wrong}{right[4:6]}-{right[6:]}"
