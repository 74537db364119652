"""Free TCP ports on this machine."""

import socket


def is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there now (a port in TIME_WAIT counts as free, as servers reuse it)."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free(host: str = "127.0.0.1") -> int:
    """Return a port the kernel picks."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def first_free(host: str, wanted: int, taken: set[int]) -> int:
    """Return `wanted`, or the next port above it that is free and not in `taken`; adds it to `taken`."""
    for port in range(wanted, min(wanted + 200, 65536)):
        if port not in taken and is_free(host, port):
            taken.add(port)
            return port
    raise OSError(f"no free port between {wanted} and {wanted + 199} on {host}")
