"""The map of the key space: keys are built here, or in lua/lib/keys.lua after the same patterns.

All keys of a site share the hash tag {site}, so that a script may touch any of them. Times are
milliseconds since 1970 by the server's clock. Nothing below has a TTL but where it says so.

Outside the sites
  sd:sites                      HASH    name of a site -> JSON record; owner: sites
  sd:tokens                     HASH    SHA-256 of an operator token -> JSON record; owner: tokens
  sd:failures:<address>         STRING  failed attempts to authenticate; TTL a minute; owner: tokens
  sd:wake:<process>             CHANNEL <site>:<scanner> that may have work; owner: the scripts

sd:{site}                       HASH    last_id, receipt, rules, ruled, swept, grace, expired;
                                        owner: the scripts
sd:{site}: and then
"""

from __future__ import annotations

from dataclasses import dataclass

SITES = "sd:sites"
TOKENS = "sd:tokens"

# pattern -> (type, what it is, how long it lives)
MAP: dict[str, tuple[str, str, str]] = {
    "scanners": ("ZSET", "ids of scanners", "the site"),
    "scanner:<id>": (
        "HASH",
        "record, capacities, use, holds, waits, key:<n> hashes",
        "until deleted",
    ),
    "scanner:<id>:held": ("SET", "tasks it holds", "their leases"),
    "scanner:<id>:unstarted": ("ZSET", "request:task claimed, not started", "until the start"),
    "online": (
        "ZSET",
        "scanners by last contact, to the second; those in it are online",
        "the site",
    ),
    "polls": ("ZSET", "scanners with a parked poll, by when it ends", "the polls"),
    "retiring": ("SET", "scanners to delete when their last lease has gone", "until then"),
    "engines": ("SET", "engines that scanners have reported", "the site"),
    "groups": ("ZSET", "ids of groups", "the site"),
    "group:<id>": ("HASH", "record", "until deleted"),
    "group:<id>:members": ("SET", "its scanners", "until deleted"),
    "queue:<id>": ("HASH", "cap, online, slots, engine:<name>", "its scanner or group"),
    "queue:<id>:lost": ("STRING", "it lost an engine", "until a claim has parked its scans"),
    "queue:<id>:waiting": ("LIST", "scans in order of receipt", "until promoted"),
    "queue:<id>:ready": ("ZSET", "scans by receipt that can be handed out now", "while they can"),
    "queue:<id>:closed": ("ZSET", "scans by receipt that wait for budgets", "while they wait"),
    "queue:<id>:polls": ("ZSET", "scanners with a parked poll, by last service", "the poll"),
    "queue:<id>:parked": ("SET", "engines that scans wait for", "while they wait"),
    "queue:<id>:parked:<id>": (
        "ZSET",
        "scans by receipt that wait for an engine",
        "while they wait",
    ),
    "scans": ("ZSET", "ids of scans", "the site"),
    "scans:<id>": ("ZSET", "ids of scans with one status", "the site"),
    "scan:<id>": ("HASH", "record, status, counters, front of what is open", "until deleted"),
    "scan:<id>:jobs": ("HASH", "queue -> listed | out", "until the scan ends"),
    "scan:<id>:segments": ("HASH", "number -> text of domain.space.Segment", "until deleted"),
    "scan:<id>:open": ("LIST", "first:last:segment:task:subnets, after front", "until it ends"),
    "scan:<id>:blocked": (
        "ZSET",
        "such intervals, by subnet whose budget is spent",
        "until it ends",
    ),
    "scan:<id>:grants": ("HASH", "scanner | all -> probes/s of its own limit", "their leases"),
    "scan:<id>:waiters": ("ZSET", "scanners by when they found it spent", "30 s, until it ends"),
    "scan:<id>:turns": ("ZSET", "the same by when they began to wait", "as waiters"),
    "scan:<id>:tasks": ("ZSET", "ids of its tasks that are kept", "until deleted"),
    "scan:<id>:finished": ("LIST", "ids of its newest 1,000 finished tasks", "until deleted"),
    "scan:<id>:done": ("ZSET", "merged intervals first:last", "until deleted"),
    "scan:<id>:failed": ("ZSET", "merged intervals first:last", "until deleted"),
    "scan:<id>:excluded": ("ZSET", "merged intervals first:last", "until deleted"),
    "scan:<id>:results": ("STREAM", "batches of results", "until deleted"),
    "scan:<id>:events": ("STREAM", "its history, about 1,000 entries", "until deleted"),
    "named": ("SET", "unfinished scans with names among their targets", "until they end"),
    "task:<id>": ("HASH", "scan, interval, attempt, status, holder, report", "as scan:tasks"),
    "leases": ("ZSET", "tasks that are out, by when their lease ends", "the site"),
    "stalls": ("ZSET", "running tasks by when they count as stalled", "their leases"),
    "subnets": ("ZSET", "ids of limited subnets", "the site"),
    "subnet:<id>": ("HASH", "cidr, rate, peak, created, moved", "until deleted"),
    "subnet:<id>:grants": ("HASH", "scanner | all -> probes/s granted in it", "their leases"),
    "subnet:<id>:waiters": ("ZSET", "scanners by when they found it spent", "30 s"),
    "subnet:<id>:turns": ("ZSET", "the same by when they began to wait", "as waiters"),
    "subnet:<id>:blocked": ("ZSET", "scans by receipt that wait for it", "until it has room"),
    "freed": ("ZSET", "subnets that have room for what waits", "until that is back"),
    "exclusions": ("ZSET", "ids of exclusions", "the site"),
    "exclusion:<id>": ("HASH", "cidr, reason, created", "until deleted"),
    "scopes": ("ZSET", "ids of scopes", "the site"),
    "scope:<id>": ("HASH", "cidr, created", "until deleted"),
    "cidrs:<id>": ("HASH", "CIDR -> subnet | exclusion | scope, a hash a kind", "the rules"),
    "port-lists": ("ZSET", "ids of port lists", "the site"),
    "port-list:<id>": ("HASH", "name, ports, rate, created", "until deleted"),
    "port-list:<id>:scans": ("SET", "unfinished scans that use it", "until they end"),
    "alarms": ("ZSET", "ids of the newest 1,000 alarms", "the site"),
    "alarm:<id>": ("HASH", "kind, subject, message, raised, cleared, acked", "as alarms"),
    "raised": ("HASH", "kind:subject -> alarm that is up", "until cleared"),
    "repeat:<id>": ("STRING", "digest:id of a request that created", "TTL a day"),
}


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """The keys of one site."""

    site: str

    @property
    def root(self) -> str:
        """The site's own hash, and the only key that scripts are given."""
        return f"sd:{{{self.site}}}"

    def of(self, *parts: str | int) -> str:
        """Build the key whose pattern is in MAP; parts are such as "scan", 17, "open"."""
        return ":".join([self.root, *map(str, parts)])


def failures(address: str) -> str:
    """Where failed attempts to authenticate from one address are counted."""
    return f"sd:failures:{address}"


def channel(process: str) -> str:
    """Where a process that parks polls is called; a message is `<site>:<scanner>`."""
    return f"sd:wake:{process}"
