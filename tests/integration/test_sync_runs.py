"""Tasks that were handed out together and are completed in one call end as they do one by one."""

from __future__ import annotations

from typing import Any

import pytest

from queues.exchange import Holder, Lease, Report, Said
from queues.keys import SiteKeys
from tests.integration.conftest import Site

# What is said, in its order: the task by the claim that brought it and its place there, the state,
# and where it differs the attempt. Claims: a and b of one scan, c of another, x another scanner's.
RUNS = {
    "all of a claim": "a0 a1 a2 a3",
    "in another order": "a2 a0 a3 a1",
    "with gaps": "a0 a2",
    "of two claims": "a0 a1 b0 b1 a2",
    "of two scans": "b0 c0 b1 c1 a0",
    "one of them twice": "a0 a1 a0 a2 a1",
    "one that runs already": "a0:running a1 a0 a2 a1",
    "one that is released between them": "a0 a1:released a2 a1",
    "one that failed between them": "a0 a1:failed a2 a1 a3",
    "failed, then completed": "a0:failed a0 a1",
    "somebody else's between them": "a0 x0 a1 x1",
    "an attempt that was never made": "a0 a1::2 a2",
    "none that there is": "a0 z0 a1",
}


class Twins:
    """Two sites with the same past."""

    def __init__(self, site: Site) -> None:
        ms = site.clock.ms
        self.sites = [site, Site(site.client, type(site.clock)(ms), SiteKeys("twin"))]
        self.leases: list[dict[str, list[Lease]]] = []
        self.scanners: list[Holder] = []
        for one in self.sites:
            self._live(one)

    def _live(self, site: Site) -> None:
        limits = {"set_tasks": 16, "set_targets": 64, "set_jobs": 4}
        mine, other = site.scanner(**limits), site.scanner(**limits)
        site.scan(f"s{mine.scanner}", f"s{other.scanner}", size=2)
        leases = {"a": claim(site, mine, 4), "x": claim(site, other, 2)}
        site.clock.ms += 5
        leases["b"] = claim(site, mine, 2)
        site.scan(f"s{mine.scanner}", targets="10.1.0.0/24", size=2)
        later = claim(site, mine, 6)
        leases["c"] = [lease for lease in later if lease.scan != leases["a"][0].scan]
        self.leases.append(leases)
        self.scanners.append(mine)

    def said(self, at: int, words: str) -> list[Said]:
        """As RUNS spells it."""
        return [self._said(at, *word.split(":")) for word in words.split()]

    def _said(self, at: int, name: str, state: str = "", attempt: str = "") -> Said:
        known = self.leases[at].get(name[0])
        task = known[int(name[1])].task if known else 17
        return Said(task, int(attempt or 1), state or "completed")


def claim(site: Site, scanner: Holder, limit: int) -> list[Lease]:
    return site.tasks.sync(scanner, limit, "", Report(), []).leases


def refused(answer: Any) -> list[tuple[int, str]]:
    return [(task, type(error).__name__) for task, error in answer.refused.items()]


def kept(site: Site) -> dict[str, Any]:
    """All that the store keeps of a site."""
    read = {
        "hash": site.client.hgetall,
        "set": site.client.smembers,
        "zset": lambda key: site.client.zrange(key, 0, -1, withscores=True),
        "list": lambda key: site.client.lrange(key, 0, -1),
        "stream": lambda key: [fields for _, fields in site.client.xrange(key)],
        "string": site.client.get,
    }
    keys = site.client.keys(f"{site.keys.root.replace('{', '[{]')}*")
    return {key.removeprefix(site.keys.root): read[site.client.type(key)](key) for key in keys}


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
def test_at_once_is_as_one_by_one(site: Site, words: str) -> None:
    """The same is kept, and the same refused."""
    twins = Twins(site)
    at_once, apart = twins.sites
    assert kept(at_once) == kept(apart)
    mine, too = twins.scanners
    together = at_once.tasks.sync(mine, 0, "", Report(), twins.said(0, words))
    single = [apart.tasks.sync(too, 0, "", Report(), [one]) for one in twins.said(1, words)]

    assert refused(together) == [row for answer in single for row in refused(answer)]
    assert kept(at_once) == kept(apart)
