"""What operators do with scans and scanners that are at work, over HTTP."""

from __future__ import annotations

import pytest

from tests.integration.ingest.asking import Body, Server, expect_errors, expect_json, expect_problem


def step(server: Server, scan: Body, name: str, status: int = 200) -> Body:
    return expect_json(server.admin.post(f"/api/scans/{scan['scanId']}/{name}"), status)


def finish(server: Server, status: str = "completed") -> tuple[Body, Body]:
    """A scan of two addresses that has ended, and one of its jobs."""
    scanner = server.scanner()
    scan = server.scan(scanner, targets=["10.0.0.0/31"], hostsPerTask=1)
    first, second = scanner.jobs("?limit=2")
    for job, outcome in ((first, status), (second, "completed")):
        expect_json(scanner.tell(job, "start"))
        expect_json(scanner.tell(job, "complete", {"status": outcome}))
    return scan, first


def test_pause_and_resume(server: Server) -> None:
    """A paused scan hands out nothing and says why; resumed it goes on."""
    scanner = server.scanner()
    scan = server.scan(scanner)

    assert step(server, scan, "pause")["status"] == "paused"
    assert scanner.jobs() == []
    assert server.seen(scan)["waitingFor"]["code"] == "PAUSED"
    assert step(server, scan, "resume")["status"] == "pending"
    assert len(scanner.jobs()) == 1
    expect_problem(
        server.admin.post(f"/api/scans/{scan['scanId']}/resume"), 409, "INVALID_TRANSITION"
    )


def test_pausing_tells_who_holds_a_job(server: Server) -> None:
    """Until it is given back the scan is pausing."""
    scanner = server.scanner()
    scan = server.scan(scanner)
    job = scanner.begin()
    assert step(server, scan, "pause")["status"] == "pausing"
    assert expect_json(scanner.tell(job, "progress"))["control"] == "pause"
    expect_json(scanner.tell(job, "release", {"hostsDone": 3}))

    seen = server.seen(scan)
    assert (seen["status"], seen["hosts"]["done"]) == ("paused", 3)


def test_rerun_is_a_new_scan_of_what_is_not_done(server: Server) -> None:
    """Of a finished scan only; where everything is done there is nothing to rerun."""
    scan, job = finish(server, "failed")
    path = f"/api/scans/{scan['scanId']}/rerun"
    again = expect_json(server.admin.post(path, headers={"Idempotency-Key": "once"}), 201)
    same = expect_json(server.admin.post(path, headers={"Idempotency-Key": "once"}), 201)

    assert again["targets"] == [job["targets"][0]["range"].removesuffix("/32")]
    assert (again["status"], again["hosts"]["total"]) == ("pending", 1)
    assert (again["ports"], again["scannerIds"]) == (scan["ports"], scan["scannerIds"])
    assert same["scanId"] == again["scanId"]
    expect_problem(
        server.admin.post(f"/api/scans/{again['scanId']}/rerun"), 409, "INVALID_TRANSITION"
    )
    done, _ = finish(server)
    expect_problem(server.admin.post(f"/api/scans/{done['scanId']}/rerun"), 409, "CONFLICT")


def test_only_a_finished_scan_can_be_deleted(server: Server) -> None:
    """Then it is gone, its results too, and a late call on its job finds none."""
    scan, job = finish(server)
    waiting = server.scan(server.scanner())
    expect_problem(
        server.admin.ask("DELETE", f"/api/scans/{waiting['scanId']}"), 409, "INVALID_TRANSITION"
    )

    assert server.admin.ask("DELETE", f"/api/scans/{scan['scanId']}").status_code == 204
    expect_problem(server.admin.get(f"/api/scans/{scan['scanId']}"), 404, "NOT_FOUND")
    expect_problem(server.admin.ask("DELETE", f"/api/scans/{scan['scanId']}"), 404, "NOT_FOUND")
    expect_problem(server.scanner().tell(job, "start"), 404, "JOB_NOT_FOUND")


def test_a_scanner_is_deleted_when_its_last_job_is_back(server: Server) -> None:
    """A scan's only scanner stays; another one takes no more and goes with its last job."""
    one, two = server.scanner(), server.scanner()
    scan = server.scan(one, two)
    job = one.begin()
    alone = server.scan(one)
    path = f"/api/scanners/{one.scanner_id}"
    expect_problem(server.admin.ask("DELETE", path), 409, "CONFLICT")
    step(server, alone, "cancel")

    assert server.admin.ask("DELETE", path).status_code == 204
    assert expect_json(server.admin.get(path))["status"] == "draining"
    assert one.jobs() == []
    expect_json(one.tell(job, "complete", {"status": "completed"}))
    server.flask.extensions["dispatch"].upkeep.run()
    expect_problem(server.admin.get(path), 404, "NOT_FOUND")
    expect_problem(one.get("/scanner/jobs"), 401, "INVALID_API_KEY")
    assert server.seen(scan)["status"] == "running"


def test_a_group_is_deleted(server: Server) -> None:
    """Refused as a scan's only queue; otherwise its scanners stay without it."""
    scanner = server.scanner()
    group = expect_json(
        server.admin.post("/api/groups", {"name": "g", "scannerIds": [scanner.scanner_id]}), 201
    )
    scan = server.scan(groupIds=[group["groupId"]])
    path = f"/api/groups/{group['groupId']}"
    expect_problem(server.admin.ask("DELETE", path), 409, "CONFLICT")
    step(server, scan, "cancel")

    assert server.admin.ask("DELETE", path).status_code == 204
    seen = expect_json(server.admin.get(f"/api/scanners/{scanner.scanner_id}"))
    assert seen["groupIds"] == []
    errors = expect_errors(
        server.admin.post(
            "/api/scans",
            {"targets": ["10.0.0.1"], "ports": "1", "groupIds": [group["groupId"]]},
        )
    )
    assert set(errors) == {"groupIds"}


def test_drain_and_back(server: Server) -> None:
    """A drained scanner is told so and gets nothing; it can be taken back."""
    scanner = server.scanner()
    server.scan(scanner)
    path = f"/api/scanners/{scanner.scanner_id}/drain"

    assert expect_json(server.admin.post(path))["status"] == "draining"
    assert expect_json(scanner.post("/scanner/heartbeat"))["drain"] is True
    assert scanner.jobs() == []
    expect_json(server.admin.post(path, {"drain": False}))
    assert len(scanner.jobs()) == 1


def test_keys_overlap_and_are_revoked(server: Server) -> None:
    """The old key lives on beside the new one until its grace is over or it is revoked."""
    scanner = server.scanner()
    path = f"/api/scanners/{scanner.scanner_id}/keys"
    new = expect_json(server.admin.post(path, {"graceSeconds": 60}), 201)
    other = server.anybody
    other.headers["X-API-Key"] = new["apiKey"]
    assert scanner.get("/scanner/jobs").status_code == 200
    assert other.get("/scanner/jobs").status_code == 200
    old_id = scanner.key.partition(".")[0]

    assert server.admin.ask("DELETE", f"{path}/{old_id}").status_code == 204
    expect_problem(scanner.get("/scanner/jobs"), 401, "INVALID_API_KEY")
    assert other.get("/scanner/jobs").status_code == 200
    expect_problem(server.admin.ask("DELETE", f"{path}/{old_id}"), 404, "NOT_FOUND")
    expect_json(server.admin.post(path, {"graceSeconds": 0}), 201)
    expect_problem(other.get("/scanner/jobs"), 401, "INVALID_API_KEY")


def test_a_key_without_grace_is_over_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same millisecond."""
    scanner = server.scanner()
    moment = server.flask.extensions["dispatch"].scanners.store.now_ms()
    monkeypatch.setattr("queues.scanners.ScannerStore.now_ms", lambda _: moment)
    path = f"/api/scanners/{scanner.scanner_id}/keys"
    expect_json(server.admin.post(path, {"graceSeconds": 0}), 201)

    expect_problem(scanner.get("/scanner/jobs"), 401, "INVALID_API_KEY")


def test_a_scanner_out_of_order_can_still_be_disabled(server: Server) -> None:
    """A heartbeat that lowers a default below what was set stops no other change."""
    scanner = server.scanner(taskCapacity=500)
    small = {"cpuCount": 1, "memoryBytes": 200 * 2**20}
    expect_json(scanner.post("/scanner/heartbeat", small))
    path = f"/api/scanners/{scanner.scanner_id}"

    view = expect_json(server.admin.get(path))
    assert (view["targetCapacity"], view["taskCapacity"]) == (100, 100)
    assert expect_json(server.admin.patch(path, {"enabled": False}))["status"] == "disabled"
    assert set(expect_errors(server.admin.patch(path, {"taskCapacity": 101}))) == {"taskCapacity"}


def test_queues_show_what_waits(server: Server) -> None:
    """Scanners first, then groups; scans worked on, and those waiting in their order."""
    scanner = server.scanner()
    group = expect_json(server.admin.post("/api/groups", {"name": "g"}), 201)
    first, second, third = (server.scan(scanner) for _ in range(3))
    scanner.jobs()
    page = expect_json(server.admin.get("/api/queues?limit=1"))
    rest = expect_json(server.admin.get(f"/api/queues?limit=1&cursor={page['nextCursor']}"))

    [queue] = page["items"]
    assert (queue["kind"], queue["id"], queue["active"]) == (
        "scanner",
        scanner.scanner_id,
        [first["scanId"]],
    )
    assert queue["waiting"] == [second["scanId"], third["scanId"]]
    assert queue["inUse"] == {"targets": 128, "tasks": 1, "jobs": 1}
    assert [(q["kind"], q["id"]) for q in rest["items"]] == [("group", group["groupId"])]
    assert rest["nextCursor"] is None


def test_alarms_by_state_and_seen(server: Server) -> None:
    """Alarms that are up and those that were cleared; each can be marked as seen once."""
    scanner = server.scanner()
    server.scan(scanner, hostsPerTask=1)
    for _ in range(3):
        expect_json(scanner.tell(scanner.begin(), "complete", {"status": "failed"}))
    [alarm] = expect_json(server.admin.get("/api/alarms?state=raised"))["items"]
    path = f"/api/alarms/{alarm['alarmId']}/ack"

    assert alarm["kind"] == "scanner-failing"
    assert expect_json(server.admin.get("/api/alarms?state=cleared"))["items"] == []
    seen = expect_json(server.admin.post(path))
    assert seen["ackedAt"]
    assert expect_json(server.admin.post(path)) == seen
    expect_problem(server.admin.post("/api/alarms/17/ack"), 404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["", "Branch", "a_b", "-a", "a" * 33, "{x}"])
def test_a_site_has_a_plain_name(server: Server, name: str) -> None:
    """Lower-case letters, digits, hyphens between them."""
    assert set(expect_errors(server.admin.post("/api/sites", {"site": name}))) == {"site"}


def test_sites_keep_apart(server: Server) -> None:
    """Each has its own scanners and scans, and settings of its own; only an empty one goes."""
    wanted = {"site": "branch", "leaseSeconds": 33}
    site = expect_json(server.admin.post("/api/sites", wanted), 201)
    assert (site["leaseSeconds"], site["claimSeconds"]) == (33, 60)
    expect_problem(server.admin.post("/api/sites", wanted), 409, "ALREADY_EXISTS")
    there, here = server.scanner(site="branch"), server.scanner()
    scan = server.scan(there, site="branch")

    assert here.jobs() == []
    [job] = there.jobs()
    assert job["leaseSeconds"] == 33
    expect_problem(here.tell(job, "start"), 404, "JOB_NOT_FOUND")
    expect_problem(server.admin.get(f"/api/scans/{scan['scanId']}"), 404, "NOT_FOUND")
    names = [s["site"] for s in expect_json(server.admin.get("/api/sites"))["items"]]
    assert names == ["branch", "default"]
    expect_problem(server.admin.ask("DELETE", "/api/sites/branch"), 409, "CONFLICT")
    assert expect_json(server.admin.get("/api/sites/branch"))["leaseSeconds"] == 33
    expect_problem(server.admin.ask("DELETE", "/api/sites/default"), 409, "CONFLICT")


def test_an_empty_site_goes(server: Server) -> None:
    """And its name is free again; a token of one site may do neither."""
    for _ in range(2):
        expect_json(server.admin.post("/api/sites", {"site": "empty"}), 201)
        assert server.admin.ask("DELETE", "/api/sites/empty").status_code == 204
    expect_problem(server.admin.get("/api/sites/empty"), 404, "NOT_FOUND")
    bound = server.token("admin", site="default")

    expect_problem(bound.post("/api/sites", {"site": "mine"}), 403, "FORBIDDEN")
    expect_problem(bound.ask("DELETE", "/api/sites/default"), 403, "FORBIDDEN")


def test_a_site_is_made_once_for_one_request(server: Server) -> None:
    """Its Idempotency-Key brings the same site again."""
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):
        expect_json(server.admin.post("/api/sites", {"site": "once"}, headers=headers), 201)
    other = server.admin.post("/api/sites", {"site": "once", "name": "x"}, headers=headers)
    assert set(expect_errors(other)) == {"Idempotency-Key"}


def test_a_new_key_is_made_once_for_one_request(server: Server) -> None:
    """And told once: a repeated request brings no second key, nor the first one again."""
    scanner = server.scanner()
    path, headers = f"/api/scanners/{scanner.scanner_id}/keys", {"Idempotency-Key": "once"}

    assert "apiKey" in expect_json(server.admin.post(path, headers=headers), 201)
    assert "apiKey" not in expect_json(server.admin.post(path, headers=headers), 201)
