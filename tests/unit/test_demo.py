"""The demo's services are real, and its verdict lets nothing pass that is missing or double."""

import socket
from typing import Any

import pytest

from demo import verdict
from demo.services import NoServicesError, Services, open_services

SSH = ("127.0.0.5", 20022)
WEB = ("127.0.0.17", 20080)
EXPECTED = Services(frozenset({SSH, WEB}))
DONE = {"jobId": 1, "scannerId": 5, "status": "completed", "attempt": 1, "targets": []}


def found(*services: tuple[str, int], state: str = "open") -> list[dict[str, Any]]:
    return [{"host": host, "port": port, "state": state} for host, port in services]


def covered(done: int = 256, status: str = "completed") -> dict[str, Any]:
    return {"status": status, "hosts": {"total": 256, "done": done}}


def test_the_services_are_there_and_answer() -> None:
    """A few dozen services on several addresses accept and speak, and are gone afterwards."""
    with open_services() as services:
        assert len(services.expected) >= 24
        assert services.hosts >= 5
        ssh, web = (min(at for at in services.expected if at[1] % 1000 == p) for p in (22, 80))
        with socket.create_connection(ssh, timeout=5) as client:
            assert client.recv(100).startswith(b"SSH-2.0-")
        with socket.create_connection(web, timeout=5) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.0 200")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(ssh, timeout=5)


def test_ports_of_other_programs_are_left_alone() -> None:
    """Where something on this machine listens on one of the ports, the demo takes others."""
    with open_services() as first, open_services() as second:
        assert not set(first.ports.split(",")) & set(second.ports.split(","))
        assert len(first.expected) == len(second.expected)


def test_a_machine_without_the_addresses_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the addresses cannot be bound the error says what the demo needs."""
    monkeypatch.setattr("demo.services.ADDRESSES", ("192.0.2.1",) * 9)

    with pytest.raises(NoServicesError, match="Linux"), open_services():
        pass


def test_the_whole_truth_leaves_nothing_to_say() -> None:
    """Exactly the opened services, full coverage and completed tasks are no complaint."""
    results = found(SSH, WEB) + found(("127.0.0.9", 20022), state="closed")

    assert not verdict.complaints(EXPECTED, covered(), results, [DONE])


@pytest.mark.parametrize(
    ("results", "scan", "task", "complaint"),
    [
        (found(SSH), covered(), DONE, "missing: 127.0.0.17:20080"),
        (found(SSH, WEB, SSH), covered(), DONE, "double: 127.0.0.5:20022, 2 times"),
        (found(SSH, WEB, ("127.0.0.1", 1)), covered(), DONE, "too much: 127.0.0.1:1"),
        (found(SSH, WEB), covered(255), DONE, "255 of 256"),
        (found(SSH, WEB), covered(status="failed"), DONE, "the scan is failed"),
        (found(SSH, WEB), covered(), DONE | {"status": "running"}, "task 1 is running"),
    ],
)
def test_every_fault_is_named(
    results: list[dict[str, Any]], scan: dict[str, Any], task: dict[str, Any], complaint: str
) -> None:
    """What is missing, double, too much, or not finished is said in a sentence."""
    (said,) = verdict.complaints(EXPECTED, scan, results, [task])

    assert complaint in said


def test_a_task_handed_out_again_names_both_scanners() -> None:
    """The table names who held the task when it died, and who finished it."""
    again = DONE | {"attempt": 2, "targets": ["127.0.0.4/30"], "scannerIds": [4, 5]}

    rows = verdict.redispatched([DONE, again], {4: "north", 5: "east"})

    assert rows == [(1, "127.0.0.4/30", 2, "north", "east")]
