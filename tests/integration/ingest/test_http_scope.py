"""What may be scanned, and how fast, as scanners and operators see it change while scans run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.rules import SiteRules
from domain.rules import Rules
from queues.audit import Audit
from queues.exchange import Report
from queues.keys import SiteKeys
from tests.integration.ingest.asking import (
    Body,
    Scanner,
    Server,
    expect_errors,
    expect_json,
    expect_problem,
)


def rule(server: Server, kind: str, cidr: str, **fields: Any) -> Body:
    """A rule of the default site."""
    return expect_json(server.admin.post(f"/api/{kind}", {"cidr": cidr, **fields}), 201)


def subnet(server: Server, cidr: str, rate: int) -> Body:
    return rule(server, "subnets", cidr, maxProbesPerSecond=rate)


def ranges(job: Body) -> list[str]:
    return [target["range"] for target in job["targets"]]


def audited(server: Server) -> None:
    assert Audit(server.store).run() == []


def test_targets_in_an_exclusion_are_no_part_of_a_new_scan(server: Server) -> None:
    """Nor do they count."""
    rule(server, "exclusions", "10.0.0.128/25", reason="the plant")
    scanner = server.scanner()
    scan = server.scan(scanner, hostsPerTask=200)

    assert scan["hosts"]["total"] == 128
    assert ranges(scanner.begin()) == ["10.0.0.0/25"]


def test_a_scan_of_nothing_but_exclusions_is_refused(server: Server) -> None:
    """There is nothing to do."""
    rule(server, "exclusions", "10.0.0.0/8", reason="ours")
    wanted = {
        "targets": ["10.0.0.0/24"],
        "ports": "22",
        "scannerIds": [server.scanner().scanner_id],
    }

    assert "targets" in expect_errors(server.admin.post("/api/scans", wanted))


def test_an_exclusion_holds_from_the_next_claim_on(server: Server) -> None:
    """What is open of it is excluded; a task that touches it is told to cancel, its rest is cut."""
    scanner = server.scanner(taskCapacity=2, targetCapacity=256)
    scan = server.scan(scanner, hostsPerTask=64)
    first = scanner.begin()
    assert ranges(first) == ["10.0.0.0/26"]
    rule(server, "exclusions", "10.0.0.32/27", reason="never")
    rule(server, "exclusions", "10.0.0.128/25", reason="never")
    second = scanner.begin()
    told = expect_json(scanner.tell(first, "progress", {"progressCount": 16}))
    assert told["control"] == "cancel"
    assert expect_json(scanner.tell(second, "progress", {}))["control"] == "continue"
    expect_json(scanner.tell(first, "release", {"hostsDone": 16}))
    again = scanner.begin()

    assert ranges(second) == ["10.0.0.64/26"]
    assert (again["jobId"], ranges(again)) == (first["jobId"], ["10.0.0.16/28"])
    assert server.seen(scan)["hosts"] == {
        "total": 256, "done": 16, "failed": 0, "inFlight": 80, "waiting": 0, "excluded": 160
    }  # fmt: skip
    for job in (again, second):
        expect_json(scanner.tell(job, "complete", {"status": "completed"}))
    assert server.seen(scan)["status"] == "completed"
    coverage = expect_json(server.admin.get(f"/api/scans/{scan['scanId']}/coverage"))
    assert coverage["ranges"]["excluded"] == ["10.0.0.32-10.0.0.63", "10.0.0.128-10.0.0.255"]
    audited(server)


def test_a_task_that_touches_an_exclusion_may_be_completed(server: Server) -> None:
    """It stays its holder's until it ends."""
    scanner = server.scanner()
    scan = server.scan(scanner, hostsPerTask=256)
    job = scanner.begin()
    rule(server, "exclusions", "10.0.0.7/32", reason="never")
    beat = expect_json(scanner.post("/scanner/heartbeat", {"jobs": [{"jobId": job["jobId"]}]}))
    expect_json(scanner.tell(job, "complete", {"status": "completed"}))

    assert beat["control"] == [{"jobId": job["jobId"], "control": "cancel"}]
    assert server.seen(scan)["status"] == "completed"
    assert server.seen(scan)["hosts"]["done"] == 256
    audited(server)


def test_a_scan_of_which_all_is_excluded_ends(server: Server) -> None:
    """With the next claim, whoever asks."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    rule(server, "exclusions", "10.0.0.0/16", reason="never")

    assert scanner.jobs() == []
    seen = server.seen(scan)
    assert (seen["status"], seen["hosts"]["excluded"], seen["progress"]) == ("completed", 256, 1.0)
    audited(server)


def test_targets_outside_all_scopes_are_refused_by_name(server: Server) -> None:
    """The operator is told which."""
    rule(server, "scopes", "10.0.0.0/25")
    rule(server, "scopes", "10.0.1.0/24")
    scanner = server.scanner()
    wanted = {"targets": ["10.0.0.0/23"], "ports": "22", "scannerIds": [scanner.scanner_id]}
    [sentence] = expect_errors(server.admin.post("/api/scans", wanted))["targets"]

    assert sentence == "Outside all scopes of this site: 10.0.0.128-10.0.0.255."
    wanted["exclude"] = ["10.0.0.128/25"]
    expect_json(server.admin.post("/api/scans", wanted), 201)


def test_a_first_scope_holds_for_running_scans(server: Server) -> None:
    """What lies outside is excluded from the next claim on."""
    scanner = server.scanner()
    scan = server.scan(scanner, hostsPerTask=256)
    rule(server, "scopes", "10.0.0.64/26")

    assert ranges(scanner.begin()) == ["10.0.0.64/26"]
    assert server.seen(scan)["hosts"]["excluded"] == 192
    audited(server)


def test_names_are_refused_where_subnets_are_limited(server: Server) -> None:
    """And a limit where names are being scanned."""
    scanner = server.scanner()
    scan = server.scan(scanner, targets=["host.example.org"])
    limit = {"cidr": "10.0.0.0/8", "maxProbesPerSecond": 5}
    refused = expect_problem(server.admin.post("/api/subnets", limit), 409, "CONFLICT")
    assert str(scan["scanId"]) in refused["detail"]
    server.admin.post(f"/api/scans/{scan['scanId']}/cancel")
    expect_json(server.admin.post("/api/subnets", limit), 201)
    wanted = {"targets": ["Host.example.org"], "ports": "1", "scannerIds": [scanner.scanner_id]}

    [sentence] = expect_errors(server.admin.post("/api/scans", wanted))["targets"]
    assert "host.example.org" in sentence


def test_a_name_travels_with_what_may_not_be_scanned(server: Server) -> None:
    """As CIDRs: those of the scan and those of the site, as they are when it is claimed."""
    scanner = server.scanner()
    server.scan(scanner, targets=["host.example.org"], exclude=["10.0.0.1-3"])
    rule(server, "exclusions", "10.9.0.0/16", reason="never")
    rule(server, "scopes", "10.0.0.0/8")
    [job] = scanner.jobs()

    assert job["exclusions"] == ["10.0.0.1/32", "10.0.0.2/31", "10.9.0.0/16"]
    assert job["scopes"] == ["10.0.0.0/8"]


def test_the_slowest_limit_wins_and_is_named(server: Server) -> None:
    """Scanner, port list, scan, subnet: whichever allows least."""
    plain, slow = server.scanner("plain"), server.scanner("slow", maxProbesPerSecond=7)
    ports = {"name": "web", "ports": "80,443", "maxProbesPerSecond": 40}
    made = expect_json(server.admin.post("/api/port-lists", ports), 201)
    subnet(server, "10.0.0.0/8", 100)
    subnet(server, "10.5.0.0/16", 30)
    said = []
    for scanner, fields in (
        (plain, {"targets": ["192.0.2.0/24"]}),
        (slow, {"targets": ["192.0.2.0/24"]}),
        (plain, {"targets": ["10.0.0.0/24"]}),
        (plain, {"targets": ["10.0.0.0/24"], "maxProbesPerSecond": 50}),
        (plain, {"targets": ["10.0.0.0/24"], "portListId": made["portListId"], "ports": None}),
        (plain, {"targets": ["10.5.0.0/24"]}),
        (slow, {"targets": ["10.5.0.0/24"]}),
    ):
        server.scan(scanner, **fields)
        job = scanner.begin()
        said.append((job["maxProbesPerSecond"], job["rateLimitedBy"]))
        scanner.tell(job, "release")
        server.admin.post(f"/api/scans/{job['scanId']}/cancel")

    assert said == [
        (None, None),
        (7, "scanner"),
        (100, "subnet 10.0.0.0/8"),
        (50, "scan"),
        (40, "portList"),
        (30, "subnet 10.5.0.0/16"),
        (7, "scanner"),
    ]
    audited(server)


def test_a_spent_subnet_is_named_and_blocks_nobody(server: Server) -> None:
    """Over all scans and scanners; whoever comes next gets other work."""
    one, two = server.scanner("one", taskCapacity=1), server.scanner("two", taskCapacity=1)
    limited = subnet(server, "10.0.0.0/24", 10)
    server.scan(one)
    blocked, other = server.scan(two), server.scan(two, targets=["10.0.1.0/24"])
    held = one.begin()
    assert held["maxProbesPerSecond"] == 10
    elsewhere = two.begin()

    assert elsewhere["scanId"] == other["scanId"]
    assert server.seen(blocked)["waitingFor"]["code"] == "SCANNERS_FULL"
    expect_json(two.tell(elsewhere, "release"))
    server.admin.post(f"/api/scans/{other['scanId']}/cancel")
    waits = server.seen(blocked)["waitingFor"]
    assert (waits["code"], "10.0.0.0/24" in waits["message"]) == ("BUDGET_SPENT", True)
    seen = expect_json(server.admin.get(f"/api/subnets/{limited['subnetId']}"))
    assert seen["grantedProbesPerSecond"] == 10
    audited(server)
    expect_json(one.tell(held, "release"))
    assert server.seen(blocked)["waitingFor"]["code"] == "AWAITING_CLAIM"
    assert two.begin()["scanId"] == blocked["scanId"]
    audited(server)


def test_a_new_limit_counts_what_is_out_already(server: Server) -> None:
    """A task that was handed out before uses it up until it ends; nothing is taken back."""
    one, two = server.scanner("one", maxProbesPerSecond=50), server.scanner("two")
    server.scan(one)
    one.begin()
    limited = subnet(server, "10.0.0.0/8", 60)
    server.scan(two, targets=["10.1.0.0/16"])
    job = two.begin()

    assert job["maxProbesPerSecond"] == 10
    seen = expect_json(server.admin.get(f"/api/subnets/{limited['subnetId']}"))
    assert seen["grantedProbesPerSecond"] == 60
    audited(server)


def test_what_waits_for_a_budget_is_shown_where_it_waits(server: Server) -> None:
    """In its queue, and beside tasks of the same scan that are out."""
    one, two = server.scanner("one", taskCapacity=2), server.scanner("two")
    subnet(server, "10.0.0.0/24", 10)
    running, waiting = server.scan(one, hostsPerTask=1), server.scan(two)
    one.begin()
    assert one.jobs() == two.jobs() == []
    queues = expect_json(server.admin.get("/api/queues"))["items"]

    assert server.seen(running)["waitingFor"]["code"] == "BUDGET_SPENT"
    shown = {queue["name"]: (queue["active"], queue["waiting"]) for queue in queues}
    assert shown == {"one": ([running["scanId"]], []), "two": ([], [waiting["scanId"]])}


def test_what_waits_for_an_engine_is_shown_where_it_waits(server: Server) -> None:
    """In its queue, though it has left the line."""
    scanner = server.scanner("plain")
    expect_json(scanner.post("/scanner/heartbeat", {"engines": ["connect"]}))
    parked, listed = server.scan(scanner, engine="nmap"), server.scan(scanner)
    job = scanner.begin()
    [queue] = expect_json(server.admin.get("/api/queues"))["items"]

    assert job["scanId"] == listed["scanId"]
    assert (queue["active"], queue["waiting"]) == ([listed["scanId"]], [parked["scanId"]])


class RestlessRules(SiteRules):
    """Rules of a site that change each time somebody has read them."""

    def of(self, keys: SiteKeys) -> Rules:
        rules = super().of(keys)
        self.store.save(keys, "exclusion", None, {"cidr": f"192.0.2.{rules.version}/32"})
        return rules


def test_leases_are_renewed_while_rules_change_all_the_time(server: Server) -> None:
    """What a holder reports is heard, whether its scan can be cut anew or not."""
    scanner = server.scanner()
    server.scan(scanner)
    job = scanner.begin()
    dispatch = server.flask.extensions["dispatch"]
    restless = replace(dispatch.work.recutting, rules=RestlessRules(dispatch.rules.store))
    work = replace(dispatch.work, recutting=restless)
    caller = dispatch.credentials.check(scanner.key)
    rule(server, "exclusions", "192.0.2.255/32", reason="the first")
    leases = SiteKeys("default").of("leases")
    ends = [server.store.zscore(leases, job["jobId"])]
    said = work.progress(caller, job["jobId"], None, done=1, results=0)
    ends.append(server.store.zscore(leases, job["jobId"]))
    beaten = work.heartbeat(caller, Report(), [(job["jobId"], None)])
    ends.append(server.store.zscore(leases, job["jobId"]))

    assert (said.control, beaten.control) == ("continue", {})
    assert ends == sorted(set(ends))


def test_rules_reach_a_scan_that_waits_for_a_budget(server: Server) -> None:
    """Where its subnet has moved it goes on; where all of it is excluded it ends."""
    one, two = server.scanner("one"), server.scanner("two")
    limited = subnet(server, "10.0.0.0/24", 10)
    server.scan(one)
    one.begin()
    moved, excluded = server.scan(two), server.scan(two, targets=["10.0.0.128/25"])
    assert two.jobs() == []
    rule(server, "exclusions", "10.0.0.128/25", reason="never")
    assert two.jobs() == []
    assert server.seen(excluded)["status"] == "completed"
    url = f"/api/subnets/{limited['subnetId']}"
    expect_json(server.admin.patch(url, {"cidr": "10.9.0.0/24"}))

    assert two.begin()["scanId"] == moved["scanId"]
    audited(server)


def test_coverage_is_by_the_rules_of_now(server: Server) -> None:
    """What is forbidden is not called waiting, though no scanner has asked since."""
    scan = server.scan(server.scanner())
    rule(server, "exclusions", "10.0.0.0/25", reason="never")
    coverage = expect_json(server.admin.get(f"/api/scans/{scan['scanId']}/coverage"))

    assert (coverage["excluded"], coverage["notReached"]) == (128, 128)
    audited(server)


def test_ipv4_in_the_form_of_ipv6_is_no_way_around(server: Server) -> None:
    """It would go to the IPv4 address, whatever is said of that."""
    scanner = server.scanner()
    wanted = {"targets": ["::fffe:0:0/95"], "ports": "1", "scannerIds": [scanner.scanner_id]}

    assert "targets.0" in expect_errors(server.admin.post("/api/scans", wanted))


def test_a_deleted_limit_limits_nothing(server: Server) -> None:
    """From the next claim on."""
    scanner = server.scanner(taskCapacity=2, targetCapacity=256)
    limited = subnet(server, "10.0.0.0/24", 10)
    server.scan(scanner, hostsPerTask=1)
    assert scanner.begin()["rateLimitedBy"] == "subnet 10.0.0.0/24"
    assert scanner.jobs() == []
    server.admin.ask("DELETE", f"/api/subnets/{limited['subnetId']}")

    assert scanner.begin()["rateLimitedBy"] is None
    audited(server)


@pytest.mark.parametrize("limit", [20, 5])
def test_a_changed_limit_holds_at_the_next_claim(server: Server, limit: int) -> None:
    """Raised or lowered."""
    scanner = server.scanner(taskCapacity=1)
    limited = subnet(server, "10.0.0.0/24", 10)
    server.scan(scanner, hostsPerTask=1)
    job = scanner.begin()
    url = f"/api/subnets/{limited['subnetId']}"
    expect_json(server.admin.patch(url, {"maxProbesPerSecond": limit}))
    assert expect_json(scanner.tell(job, "progress", {}))["maxProbesPerSecond"] == 10
    expect_json(scanner.tell(job, "complete", {"status": "completed"}))

    assert scanner.begin()["maxProbesPerSecond"] == limit
    audited(server)


def test_as_many_subnets_are_scanned_at_once_as_there_are_scanners(server: Server) -> None:
    """A /22 with a limit on each /24 keeps four scanners busy, each in a /24 of its own."""
    for each in range(4):
        subnet(server, f"10.0.{each}.0/24", 20)
    scanners: list[Scanner] = [server.scanner(f"s{each}", taskCapacity=1) for each in range(5)]
    server.scan(*scanners, targets=["10.0.0.0/22"])
    jobs = [job for scanner in scanners for job in scanner.jobs()]

    assert [job["maxProbesPerSecond"] for job in jobs] == [20, 20, 20, 20]
    assert [ranges(job)[0].rpartition(".")[0] for job in jobs] == [f"10.0.{i}" for i in range(4)]
    audited(server)


def test_a_port_list_in_use_stays(server: Server) -> None:
    """It can be deleted when the scans that use it have ended; a rerun has their ports."""
    made = expect_json(server.admin.post("/api/port-lists", {"name": "w", "ports": "80"}), 201)
    scan = server.scan(server.scanner(), portListId=made["portListId"], ports=None)
    url = f"/api/port-lists/{made['portListId']}"
    assert scan["ports"] == "80"
    expect_problem(server.admin.ask("DELETE", url), 409, "CONFLICT")
    server.admin.post(f"/api/scans/{scan['scanId']}/cancel")
    assert server.admin.ask("DELETE", url).status_code == 204
    again = expect_json(server.admin.post(f"/api/scans/{scan['scanId']}/rerun"), 201)

    assert (again["ports"], again["portListId"]) == ("80", None)


def test_a_rerun_leaves_out_what_may_not_be_scanned_any_more(server: Server) -> None:
    """And says so; where nothing is left, that is a conflict."""
    scan = server.scan(server.scanner())
    url = f"/api/scans/{scan['scanId']}"
    server.admin.post(f"{url}/cancel")
    rule(server, "scopes", "10.0.0.0/26")
    again = expect_json(server.admin.post(f"{url}/rerun"), 201)
    rule(server, "exclusions", "10.0.0.0/24", reason="never")

    assert (again["hosts"]["total"], again["exclude"]) == (64, ["10.0.0.64-10.0.0.255"])
    expect_problem(server.admin.post(f"{url}/rerun"), 409, "CONFLICT")


def test_a_repeated_creation_is_answered_whatever_the_rules_are_by_now(server: Server) -> None:
    """It made its scan before they came."""
    wanted = {"targets": ["10.0.0.0/24"], "ports": "1", "scannerIds": [server.scanner().scanner_id]}
    key = {"Idempotency-Key": "once"}
    first = expect_json(server.admin.post("/api/scans", wanted, headers=key), 201)
    rule(server, "exclusions", "10.0.0.0/24", reason="never")

    again = expect_json(server.admin.post("/api/scans", wanted, headers=key), 201)
    assert again["scanId"] == first["scanId"]


def test_a_repeated_claim_brings_nothing_that_was_excluded_meanwhile(server: Server) -> None:
    """A lost answer is no way around an exclusion."""
    scanner = server.scanner()
    server.scan(scanner, hostsPerTask=128)
    asking = {"X-Request-Id": "once"}
    assert [ranges(job) for job in scanner.jobs(headers=asking)] == [["10.0.0.0/25"]]
    rule(server, "exclusions", "10.0.0.0/25", reason="never")

    assert [ranges(job) for job in scanner.jobs(headers=asking)] == [["10.0.0.128/25"]]
    audited(server)


def test_a_name_in_flight_is_asked_back_when_scope_changes(server: Server) -> None:
    """Nobody here knows where it leads; its next holder is told what may not be scanned now."""
    scanner = server.scanner()
    server.scan(scanner, targets=["host.example.org"])
    job = scanner.begin()
    rule(server, "exclusions", "10.9.0.0/16", reason="never")
    assert expect_json(scanner.tell(job, "progress", {}))["control"] == "cancel"
    expect_json(scanner.tell(job, "release"))
    again = scanner.begin()

    assert (again["jobId"], again["exclusions"]) == (job["jobId"], ["10.9.0.0/16"])
    assert expect_json(scanner.tell(again, "progress", {}))["control"] == "continue"
    audited(server)


def test_rules_hold_for_a_scan_that_was_paused_meanwhile(server: Server) -> None:
    """They are met when it goes on."""
    scanner = server.scanner()
    scan = server.scan(scanner, targets=["2001:db8::/120"], hostsPerTask=256)
    url = f"/api/scans/{scan['scanId']}"
    server.admin.post(f"{url}/pause")
    rule(server, "exclusions", "2001:db8::/121", reason="never")
    subnet(server, "2001:db8::80/122", 9)
    server.admin.post(f"{url}/resume")
    job = scanner.begin()

    assert (ranges(job), job["maxProbesPerSecond"]) == (["2001:db8::80/122"], 9)
    assert server.seen(scan)["hosts"]["excluded"] == 128
    audited(server)


def test_what_an_exclusion_cuts_in_pieces_keeps_its_id_once(server: Server) -> None:
    """The first part that may be scanned goes on under it, the others are new tasks."""
    scanner = server.scanner(taskCapacity=1)
    scan = server.scan(scanner, hostsPerTask=256)
    job = scanner.begin()
    rule(server, "exclusions", "10.0.0.64/26", reason="never")
    expect_json(scanner.tell(job, "release"))
    handed = []
    for _ in range(2):
        handed.append(scanner.begin())
        expect_json(scanner.tell(handed[-1], "complete", {"status": "completed"}))

    assert [ranges(one) for one in handed] == [["10.0.0.0/26"], ["10.0.0.128/25"]]
    assert [one["jobId"] == job["jobId"] for one in handed] == [True, False]
    assert server.seen(scan)["status"] == "completed"
    audited(server)


def test_one_scanner_at_many_subnets_waits_for_none(server: Server) -> None:
    """Claims of several tasks share each budget over those that are in it."""
    subnet(server, "10.0.0.0/25", 60)
    scanner = server.scanner(taskCapacity=4, targetCapacity=1024)
    server.scan(scanner, hostsPerTask=64)
    jobs = scanner.jobs("?limit=4")

    assert [(job["maxProbesPerSecond"], ranges(job)) for job in jobs] == [
        (15, ["10.0.0.0/26"]),
        (15, ["10.0.0.64/26"]),
        (None, ["10.0.0.128/26"]),
        (None, ["10.0.0.192/26"]),
    ]
    audited(server)
