"""32 threads claim at once, over two gunicorn workers, for scanners in overlapping groups."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
import urllib3

from queues.audit.runner import Audit
from queues.connection import open_redis
from queues.keys import SiteKeys
from queues.task_records import tasks_by_scan
from tests.acceptance.running_up import RunningUp

THREADS, SCANNERS, GROUPS, SCANS = 32, 16, 4, 8
ADDRESSES = 256
LIMITS = {"targetCapacity": 24, "taskCapacity": 5, "jobCapacity": 3}
SECONDS_AT_MOST = 30
SAMPLE_SECONDS = 0.02

Json = dict[str, Any]


@dataclass
class Site:
    """The server, asked by operators and by scanners."""

    up: RunningUp
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=THREADS, retries=False, timeout=10)
    )

    def ask(self, method: str, path: str, body: Json | None = None, key: str = "") -> Json:
        """A call that must not be refused; by the operator where there is no key."""
        operator = self.up.operator
        who = {"X-API-Key": key} if key else {"Authorization": f"Bearer {operator['token']}"}
        answer = self.http.request(method, operator["url"] + path, json=body, headers=who)
        assert answer.status < 400, (path, answer.status, answer.data)
        return dict(answer.json())

    def fleet(self) -> tuple[list[int], list[str]]:
        """Groups, and the keys of scanners each of which is in two or three of them."""
        groups = [
            int(self.ask("POST", "/api/groups", {"name": f"g{n}", "jobCapacity": 2})["groupId"])
            for n in range(GROUPS)
        ]
        keys = []
        for number in range(SCANNERS):
            joined = [g for n, g in enumerate(groups) if (number + n) % GROUPS < 2 + number % 2]
            wanted = {"name": f"s{number}", "groupIds": joined, **LIMITS}
            keys.append(str(self.ask("POST", "/api/scanners", wanted)["apiKey"]))
        return groups, keys

    def scan(self, number: int, groups: list[int]) -> int:
        """A scan on two groups."""
        chosen = sorted({groups[number % GROUPS], groups[(number * 3 + 1) % GROUPS]})
        wanted = {
            "targets": [f"10.0.{number}.0/24"], "ports": "80", "groupIds": chosen,
            "hostsPerTask": 2 + number % 4,
        }  # fmt: skip
        return int(self.ask("POST", "/api/scans", wanted)["scanId"])


@dataclass
class Claiming:
    """What all threads together were given, and the first thing that went wrong."""

    site: Site
    keys: list[str]
    given: list[Json] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def work(self, number: int) -> None:
        """One thread: claim, start and complete, until every scan has ended."""
        key = self.keys[number % len(self.keys)]
        try:
            while not self.done.is_set():
                jobs = self.site.ask("GET", f"/scanner/jobs?limit={1 + number % 4}", key=key)
                for job in jobs["jobs"]:
                    self.finish(job, key)
        except Exception as error:
            self.wrong.append(repr(error))
            self.done.set()
            raise

    def finish(self, job: Json, key: str) -> None:
        self.given.append(job)
        at = f"/scanner/jobs/{job['jobId']}"
        self.site.ask("POST", f"{at}/start", {}, key=key)
        self.site.ask("POST", f"{at}/complete", {"status": "completed"}, key=key)


@dataclass
class Watch:
    """Looks at all scanners at once, again and again: use within capacity, counters right."""

    client: redis.Redis
    scanners: list[int]
    samples: int = 0
    busiest: int = 0
    wrong: list[str] = field(default_factory=list)

    def look(self) -> None:
        """One atomic look."""
        keys = SiteKeys("default")
        with self.client.pipeline(transaction=True) as pipe:
            pipe.zcard(keys.of("leases"))
            for scanner in self.scanners:
                at = keys.of("scanner", scanner)
                pipe.hmget(at, "tasks", "targets", "cap_tasks", "cap_targets", "cap_jobs")
                pipe.hget(at, "holds")
                pipe.scard(f"{at}:held")
            leases, *rows = pipe.execute()
        self.samples += 1
        self.busiest = max(self.busiest, leases)
        self.judge(leases, list(zip(rows[::3], rows[1::3], rows[2::3], strict=True)))

    def judge(self, leases: int, rows: list[tuple[list[str | None], str | None, int]]) -> None:
        for (tasks, targets, *caps), holds, held in rows:
            use = [int(tasks or 0), int(targets or 0), len(tasks_by_scan(holds))]
            if any(n > int(cap or 0) for n, cap in zip(use, caps, strict=True)) or use[0] != held:
                self.wrong.append(f"in use {use} and {held} held, may be {caps}")
        if leases != sum(held for *_, held in rows):
            self.wrong.append(f"{leases} leases, {[held for *_, held in rows]} held")

    def until(self, done: threading.Event) -> None:
        while not done.wait(SAMPLE_SECONDS):
            self.look()


def addresses(jobs: list[Json]) -> Counter[str]:
    """How often each address was given."""
    ranges = [row["range"] for job in jobs for row in job["targets"]]
    return Counter(str(one) for cidr in ranges for one in ipaddress.ip_network(cidr))


def wait_for_the_end(site: Site, scans: list[int], claiming: Claiming) -> None:
    """Until every scan has ended, or something went wrong."""
    deadline = time.monotonic() + SECONDS_AT_MOST
    while not claiming.done.is_set():
        left = [s for s in scans if site.ask("GET", f"/api/scans/{s}")["finishedAt"] is None]
        if not left:
            claiming.done.set()
        assert time.monotonic() < deadline, f"not within {SECONDS_AT_MOST} s: {left}"
        claiming.done.wait(0.2)


def test_many_scanners_claim_at_once(tmp_path: Path) -> None:
    """Each address is given exactly once, no capacity is ever passed, and nothing is left over."""
    with RunningUp(tmp_path / "site", "--workers", "2") as up:
        site = Site(up)
        groups, keys = site.fleet()
        scans = [site.scan(number, groups) for number in range(SCANS)]
        ids = [int(scanner["scannerId"]) for scanner in site.ask("GET", "/api/scanners")["items"]]
        claiming, client = Claiming(site, keys), open_redis(up.store_url)
        watch = Watch(client, ids)
        threads = [threading.Thread(target=claiming.work, args=(n,)) for n in range(THREADS)]
        threads.append(threading.Thread(target=watch.until, args=(claiming.done,)))
        for thread in threads:
            thread.start()
        try:
            wait_for_the_end(site, scans, claiming)
        finally:
            claiming.done.set()
            for thread in threads:
                thread.join()
        watch.look()
        in_use = [scanner["inUse"] for scanner in site.ask("GET", "/api/scanners")["items"]]
        statuses = {site.ask("GET", f"/api/scans/{scan}")["status"] for scan in scans}
        discrepancies = Audit(client).run()
        client.close()

    assert claiming.wrong == []
    assert watch.wrong == []
    assert addresses(claiming.given) == {
        f"10.0.{number}.{host}": 1 for number in range(SCANS) for host in range(ADDRESSES)
    }
    assert {job["attempt"] for job in claiming.given} == {1}
    assert statuses == {"completed"}
    assert in_use == [{"targets": 0, "tasks": 0, "jobs": 0}] * SCANNERS
    assert discrepancies == []
    assert watch.samples > 10
    assert watch.busiest > SCANNERS
