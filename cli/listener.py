"""The socket that the ingest serves: opened here, so a port in use is known before all else.

It stays open while gunicorn is started again, so that a scanner's call then waits and is not
refused.
"""

import errno
import socket

from cli.errors import CliError

_BACKLOG = 2048
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what they are, not a choice


def listen(host: str, port: int) -> socket.socket:
    """Listen on `host` and `port` (0: any free one); `CliError` says why that cannot be."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise CliError(
                f"port {port} on {host} is in use by another program",
                hint="stop that program, or choose another port with --port",
            ) from problem
        raise CliError(f"cannot listen on {host}, port {port}: {problem.strerror}") from problem


def url_of(listener: socket.socket) -> str:
    """The URL under which a program on this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
