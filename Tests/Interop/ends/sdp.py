"""Session descriptions with one data section (RFC 8841), around the attribute lines of an end."""

#: What an end says of itself, as it is known before it has candidates.
DESCRIBING = ("ice-options", "ice-ufrag", "ice-pwd", "fingerprint", "setup")


def name(line):
    return line.removeprefix("a=").partition(":")[0]


def session(lines, offers):
    """The description of an end that has said these lines. Whoever offers leaves it to the other who begins DTLS
    (RFC 8842 §5.2), and knows the answer."""
    described = [line for line in lines if name(line) in DESCRIBING]
    if offers:
        described = [line if name(line) != "setup" else "a=setup:actpass" for line in described]
    return "".join(f"{line}\r\n" for line in [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=msid-semantic:WMS *",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0", *described,
        "a=sctp-port:5000", "a=max-message-size:262144"])
