"""The HTTP proxy of a router that lets nothing else out: a real tinyproxy."""

PORT = 3128


def configuration(*, password="", ports=(443,)):
    """`password` is `NAME:PASSWORD`, or nothing for a proxy that asks for none; `ports` are those that it connects to."""
    lines = [f"Port {PORT}", "Timeout 600", "MaxClients 100", "LogLevel Connect", "DisableViaHeader Yes"]
    lines += [f"BasicAuth {password.replace(':', ' ')}"] * bool(password)
    lines += [f"ConnectPort {port}" for port in ports]
    return "\n".join(lines) + "\n"
