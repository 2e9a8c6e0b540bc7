"""Where calls come from: allowed addresses, proxies, and too many failed attempts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.operators import FAILURES_ALLOWED
from tests.integration.ingest.asking import (
    Asker,
    Scanner,
    Server,
    Start,
    expect_json,
    expect_problem,
)


def may_claim(scanner: Scanner, address: str, forwarded: str = "") -> bool:
    """Whether a claim from there is answered with jobs; the only other answer is the violation."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    answer = replace(scanner, address=address).get("/scanner/jobs", headers=headers)
    if answer.status_code == 200:
        return True
    expect_problem(answer, 403, "IP_BINDING_VIOLATION")
    return False


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.2.3", True),
        ("10.2.0.0", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:10.2.0.0", False),
        ("2001:db8::5", True),
        ("2001:DB8:0:0::5", True),
        ("2001:db9::5", False),
        ("::10.1.2.3", False),
        ("fe80::1%eth0", True),
        ("", False),
    ],
)
def test_jobs_are_fetched_from_allowed_addresses_only(
    server: Server, address: str, *, allowed: bool
) -> None:
    """IPv4, IPv6, and IPv4 written as IPv6."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16", "2001:db8::/64", "fe80::1"])

    assert may_claim(scanner, address) is allowed


def test_only_claims_are_bound(server: Server) -> None:
    """Other calls may come from anywhere, so that what was done is not lost."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16"])
    server.scan(scanner)
    inside = replace(scanner, address="10.1.0.1")
    job = inside.begin()

    assert not may_claim(scanner, "192.0.2.1")
    expect_json(scanner.tell(job, "progress"))
    expect_json(scanner.post("/scanner/heartbeat"))


def test_a_changed_binding_holds_at_once(server: Server) -> None:
    """Both ways, even where a process remembers the old one."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16"])
    url = f"/api/scanners/{scanner.scanner_id}"

    assert may_claim(scanner, "10.1.0.1")
    server.admin.patch(url, {"allowedIps": ["10.2.0.0/16"]})
    assert may_claim(scanner, "10.2.0.1")
    assert not may_claim(scanner, "10.1.0.1")
    server.admin.patch(url, {"allowedIps": []})
    assert may_claim(scanner, "192.0.2.1")


def test_nobody_s_word_counts_without_trusted_proxies(server: Server) -> None:
    """X-Forwarded-For changes nothing, neither to get in nor to be kept out."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16"])

    assert not may_claim(scanner, "192.0.2.1", "10.1.0.1")
    assert may_claim(scanner, "10.1.0.1", "192.0.2.1")


@pytest.mark.parametrize(
    ("forwarded", "allowed"),
    [
        ("10.1.0.1", True),
        ("192.0.2.9, 10.1.0.1", True),
        ("10.1.0.1, 192.0.2.9", False),
        ("10.1.0.1, 10.1.0.1, 192.0.2.9", False),
        ("", False),
        (" ,", False),
        ("10.1.0.1:4711", True),
        ("[2001:db8::1]:4711", True),
        ("::ffff:10.1.0.1", True),
        ("unknown", False),
        ("10.1.0.1/16", False),
        ("1" * 5000, False),
    ],
)
def test_one_trusted_proxy_vouches_for_the_last_address(
    server: Server, start: Start, store_url: str, forwarded: str, *, allowed: bool
) -> None:
    """What the proxy itself appended counts, what came before it may be forged."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16", "2001:db8::/32"])
    proxied = replace(scanner, flask=start(store_url, TRUSTED_PROXIES="1"))

    assert may_claim(proxied, "198.51.100.1", forwarded) is allowed


def test_two_trusted_proxies_vouch_for_the_last_but_one(
    server: Server, start: Start, store_url: str
) -> None:
    """A header that is too short is no word of theirs."""
    scanner = server.scanner(allowedIps=["10.1.0.0/16"])
    proxied = replace(scanner, flask=start(store_url, TRUSTED_PROXIES="2"))

    assert may_claim(proxied, "198.51.100.1", "192.0.2.9, 10.1.0.1, 198.51.100.2")
    assert not may_claim(proxied, "198.51.100.1", "10.1.0.1")


@pytest.mark.parametrize("door", ["/scanner/jobs", "/api/scans", "/rq/"])
def test_too_many_failed_attempts_are_slowed_down(server: Server, door: str) -> None:
    """From that address only, and never those who have the right key."""
    wrong = {"X-API-Key": "default_1_abcdef.x", "Authorization": "Bearer no-such-token"}
    attacker = Asker(server.flask, wrong, address="203.0.113.9")
    scanner = replace(server.scanner(), address=attacker.address)
    answers = {attacker.get(door).status_code for _ in range(FAILURES_ALLOWED)}
    refused = attacker.get(door)

    assert answers == {401}
    assert expect_problem(refused, 429, "TOO_MANY_ATTEMPTS")["retryable"] is True
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert replace(attacker, address="203.0.113.10").get(door).status_code == 401
    expect_json(scanner.get("/scanner/jobs"))
    expect_json(replace(server.admin, address=attacker.address).get("/api/scans"))


def test_one_attacker_in_two_notations_is_one(server: Server) -> None:
    """An IPv4 address written as IPv6 has no attempts of its own."""
    for address in ("203.0.113.9", "::ffff:203.0.113.9"):
        wrong = Asker(server.flask, {"X-API-Key": "default_1_abcdef.x"}, address=address)
        for _ in range(FAILURES_ALLOWED // 2):
            expect_problem(wrong.get("/scanner/jobs"), 401, "INVALID_API_KEY")

    expect_problem(wrong.get("/scanner/jobs"), 429, "TOO_MANY_ATTEMPTS")
