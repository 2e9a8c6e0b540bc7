"""The invariants of rates and of rules, from raw keys alone."""

from __future__ import annotations

from collections import Counter

from tests.model.looking import Raw
from tests.model.world import FINISHED, LEAST_RATE

RULES = {"subnet": "subnets", "exclusion": "exclusions", "scope": "scopes"}
OUTLIVES = {"blocked"}  # of a subnet that is gone: what waited for it comes back first
WAITS_AT_MOST = 16


def check_rules(raw: Raw) -> None:
    """Everything that holds of rules and budgets after every script."""
    for subnet in raw.ids["subnet"]:
        record = raw[f"subnet:{subnet}"]
        most = max(int(record["rate"]), int(record.get("peak", 0)))
        sums_up(raw, f"subnet:{subnet}", charged_on(raw, subnet), most)
    for scan in raw.ids["scan"]:
        limit = int(raw[f"scan:{scan}"]["rate"] or 0)
        sums_up(raw, f"scan:{scan}", leased(raw, scan) if limit else [], limit)
        blocked_is_known(raw, scan)
    for scanner in raw.ids["scanner"]:
        waits = raw[f"scanner:{scanner}"].get("waits", "").split(",")
        assert len(waits) == len(set(waits)) <= WAITS_AT_MOST, f"scanner {scanner}: {waits}"
    nobody_is_forgotten(raw)
    nothing_is_left_over(raw)
    indexes(raw)


def leased(raw: Raw, scan: str = "") -> list[dict[str, str]]:
    """The tasks with a lease and a rate, of a scan or of all."""
    tasks = [raw[f"task:{task}"] for task in raw.get("leases", {})]
    return [task for task in tasks if task["rate"] and scan in {"", task["scan"]}]


def charged_on(raw: Raw, subnet: str) -> list[dict[str, str]]:
    return [task for task in leased(raw) if subnet in task.get("subnets", "").split(",")]


def sums_up(raw: Raw, name: str, tasks: list[dict[str, str]], most: int) -> None:
    """6: what is granted is what the live leases have, and no more than the limit."""
    recount: Counter[str] = Counter()
    for task in tasks:
        recount[task["scanner"]] += int(task["rate"])
        recount["all"] += int(task["rate"])
    found = {field: int(value) for field, value in raw.get(f"{name}:grants", {}).items()}

    assert found == dict(recount), f"{name}: {found} is granted, {dict(recount)} is out"
    assert recount["all"] <= most, f"{name}: {recount['all']} is granted of {most}"


def blocked_is_known(raw: Raw, scan: str) -> None:
    """What waits for a subnet is found from there; what has ended waits for nothing."""
    record, blocked = raw[f"scan:{scan}"], raw.get(f"scan:{scan}:blocked", {})
    for subnet in blocked.values():
        known = raw.get(f"subnet:{subnet}:blocked", {})
        assert known.get(scan) == int(record["receipt"]), f"{scan} waits for {subnet}, unknown"
    ended = record["status"] in FINISHED
    keys = [f"scan:{scan}:{what}" for what in ("blocked", "grants", "waiters", "turns")]
    assert not ended or not any(key in raw for key in keys), f"{scan} has ended, and left {keys}"


def nobody_is_forgotten(raw: Raw) -> None:
    """What waits for a subnet with room, or for one that moved, the next claim looks at."""
    for key in [key for key in raw if key.startswith("subnet:") and key.endswith(":blocked")]:
        subnet = key.split(":")[1]
        record = raw.get(f"subnet:{subnet}")
        if record:
            granted = int(raw.get(f"subnet:{subnet}:grants", {}).get("all", 0))
            limit = int(record["rate"])
            if "moved" not in record and limit - granted < min(LEAST_RATE, limit):
                continue
        assert raw.get("freed", {}).get(subnet) == int(subnet), f"subnet {subnet} is forgotten"


def nothing_is_left_over(raw: Raw) -> None:
    """No key outlives what it belongs to."""
    for key in raw:
        kind, *rest = key.split(":")
        owned = kind in {"scan", "subnet", "scanner", "group", "queue", "task", "port-list"}
        if owned and len(rest) > 1 and not (kind == "subnet" and rest[1] in OUTLIVES):
            assert f"{kind}:{rest[0]}" in raw, f"{key} outlived its owner"


def indexes(raw: Raw) -> None:
    """Each rule is under its CIDR, and listed; port lists know the scans that use them."""
    for kind, index in RULES.items():
        cidrs = {raw[f"{kind}:{rule}"]["cidr"]: rule for rule in raw.ids[kind]}
        assert raw.get(f"cidrs:{kind}", {}) == cidrs, f"{kind}s by CIDR"
        assert raw.get(index, {}) == {rule: int(rule) for rule in raw.ids[kind]}, index
    using: dict[str, set[str]] = {}
    for scan in raw.ids["scan"]:
        record = raw[f"scan:{scan}"]
        if record.get("port_list") and record["status"] not in FINISHED:
            using.setdefault(record["port_list"], set()).add(scan)
    keys = [key for key in raw if key.startswith("port-list:") and key.endswith(":scans")]
    assert {key.split(":")[1]: raw[key] for key in keys} == using, "users of port lists"
