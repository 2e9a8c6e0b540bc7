"""A site lives at random, any request repeated or out of place; the audit finds nothing wrong."""

from __future__ import annotations

import contextlib
import random

import pytest

from domain.errors import DispatchError
from domain.states import SCAN_STEPS, ScanStatus
from queues.audit import Audit
from queues.exchange import Holder
from tests.integration.conftest import Site

STEPS = 150


class Life:
    """A few scanners in two groups, and what they remember of every job that they ever had."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.random = random.Random(seed)
        capacities = ((9, 3, 2), (4, 2, 1), (30, 5, 3))
        scanners = [site.scanner(set_targets=a, set_tasks=b, set_jobs=c) for a, b, c in capacities]
        self.groups = [site.group(*scanners[:2], cap=2), site.group(*scanners[1:], cap=1)]
        self.scanners = [site.holder(s.scanner) for s in scanners]
        self.jobs: list[tuple[int, int]] = []
        self.scans: list[int] = []

    def step(self) -> None:
        weights = {
            self.scan: 1, self.claim: 4, self.start: 5, self.report: 2, self.complete: 4,
            self.release: 1, self.beat: 2, self.wait: 1, self.cancel: 0.3, self.pause: 0.7,
            self.resume: 1, self.offline: 0.3,
        }  # fmt: skip
        (act,) = self.random.choices(list(weights), list(weights.values()))
        with contextlib.suppress(DispatchError):
            act()

    def anyone(self) -> Holder:
        return self.random.choice(self.scanners)

    def any_job(self) -> tuple[int, int | None]:
        task, attempt = self.random.choice(self.jobs[-12:] or [(1, 1)])
        return task, self.random.choice([None, attempt, attempt])

    def scan(self) -> None:
        own = f"s{self.anyone().scanner}"
        queues = self.random.sample(
            [own, *(f"g{g}" for g in self.groups)], self.random.choice([1, 2])
        )
        prefix = self.random.choice([26, 28, 30, 32])
        size = self.random.choice([None, 1, 5])
        retry, rate = self.random.choice("01"), self.random.choice(["", "3", "400"])
        self.scans.append(
            self.site.scan(
                *queues, targets=f"10.0.0.0/{prefix}", size=size, retry_failed=retry, rate=rate
            )
        )

    def claim(self) -> None:
        request = self.random.choice(["", "a", "b"])
        limit = self.random.choice([1, 2, 10])
        leases = self.site.claim(self.anyone(), limit=limit, request=request)
        self.jobs += [(lease.task, lease.attempt) for lease in leases]

    def start(self) -> None:
        self.site.tasks.start(self.anyone(), *self.any_job())

    def report(self) -> None:
        done = self.random.randrange(9)
        self.site.tasks.progress(self.anyone(), *self.any_job(), done=done, results=0)

    def complete(self) -> None:
        status = self.random.choice(["completed", "completed", "failed"])
        self.site.tasks.complete(
            self.anyone(), *self.any_job(), status=status, results=None, message=""
        )

    def release(self) -> None:
        self.site.tasks.release(self.anyone(), *self.any_job(), done=self.random.randrange(4))

    def beat(self) -> None:
        jobs = [self.any_job() for _ in range(self.random.randrange(4))]
        engines = self.random.choice(["", "connect", "nmap"])
        self.site.heartbeat(self.anyone(), *jobs, engines=engines)

    def wait(self) -> None:
        self.site.pass_time(self.random.choice([10, 70, 130]))

    def cancel(self) -> None:
        if self.scans:
            self.site.scans.cancel(self.site.keys, self.random.choice(self.scans), reason="random")

    def pause(self) -> None:
        if self.scans:
            self.site.scans.pause(self.site.keys, self.random.choice(self.scans), reason="random")

    def resume(self) -> None:
        if self.scans:
            self.site.scans.resume(self.site.keys, self.random.choice(self.scans), reason="random")

    def offline(self) -> None:
        self.site.upkeep.mark_offline(self.site.keys, 90_000)


def over_capacity(site: Site, scanner: int) -> list[str]:
    record = site.scanners.get(site.keys, scanner)
    assert record is not None
    pairs = (("tasks", "cap_tasks"), ("targets", "cap_targets"), ("jobs", "cap_jobs"))
    return [use for use, cap in pairs if int(record.get(use, 0)) > int(record[cap])]


def may_become(status: str, following: str) -> bool:
    """Whether a status may follow another within one script (which may take two steps)."""
    steps = SCAN_STEPS[ScanStatus(status)]
    two = {far for near in steps for far in SCAN_STEPS[near]}
    return following == status or following in steps | two


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_or_double(site: Site, seed: int) -> None:
    """Always: each address in one place, counters as recounted, use within capacities."""
    life = Life(site, seed)
    audit = Audit(site.client)
    before: dict[int, str] = {}
    for _ in range(STEPS):
        life.step()
        assert audit.run() == []
        now = {scan: site.record(scan)["status"] for scan in life.scans}
        assert [s for s in before if not may_become(before[s], now[s])] == []
        before = now
        assert [over_capacity(site, s.scanner) for s in life.scanners] == [[], [], []]

    assert audit.counted["scans"] > 0


@pytest.mark.parametrize("seed", range(4))
def test_every_scan_ends(site: Site, seed: int) -> None:
    """Whatever happened before, good scanners bring every scan to its end."""
    life = Life(site, seed)
    for _ in range(STEPS):
        life.step()
    for scanner in life.scanners:
        site.heartbeat(scanner, engines="connect,nmap")
    for scan in life.scans:
        with contextlib.suppress(DispatchError):
            site.scans.resume(site.keys, scan, reason="test")
    for _ in range(400):
        site.pass_time(400)
        for scanner in life.scanners:
            site.heartbeat(scanner)
            for lease in site.claim(scanner):
                site.finish(scanner, lease)

    left = [site.record(scan)["status"] for scan in life.scans]
    assert set(left) <= {"completed", "failed", "canceled"}
    assert site.client.zcard(site.keys.of("leases")) == 0
    assert Audit(site.client).run() == []
