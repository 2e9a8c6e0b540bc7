"""The listening socket of `up`."""

import socket

import pytest

from cli.errors import CliError
from cli.listener import listen, url_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1"),
        ("0.0.0.0", "http://127.0.0.1"),  # noqa: S104 - for a moment
        ("::1", "http://[::1]"),
        ("::", "http://[::1]"),
        ("localhost", "http://"),
    ],
)
def test_the_url_is_one_that_works_here(host: str, url: str) -> None:
    """Port 0 takes a free port, and the URL names it with an address of this machine."""
    with listen(host, 0) as listener:
        port = listener.getsockname()[1]

        assert url_of(listener).startswith(url)
        assert url_of(listener).endswith(f":{port}")
        socket.create_connection((host, port)).close()


def test_a_port_in_use_is_named() -> None:
    """Two cannot have one port: the second is told which, and what to do."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CliError, match=f"port {port} on 127.0.0.1 is in use") as refused:
            listen("127.0.0.1", port)

    assert "--port" in refused.value.hint


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_ours(host: str) -> None:
    """An address of another machine, or no address at all, is named."""
    with pytest.raises(CliError, match=f"cannot listen on {host}, port 8080: "):
        listen(host, 8080)
