"""Scanners and groups: created once, read whole, changed in part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import Body, Server, expect_errors, expect_json, expect_problem

NEW_SCANNER = {
    "name": "s",
    "enabled": True,
    "allowedIps": [],
    "targetCapacity": 1024,
    "taskCapacity": 8,
    "jobCapacity": 1,
    "maxProbesPerSecond": None,
    "groupIds": [],
    "status": "offline",
    "lastSeenAt": None,
    "version": None,
    "engines": [],
    "inUse": {"targets": 0, "tasks": 0, "jobs": 0},
}


def make(server: Server, kind: str, **fields: Any) -> Body:
    return expect_json(server.admin.post(f"/api/{kind}", {"name": "x", **fields}), 201)


def test_a_new_scanner_is_shown_whole(server: Server) -> None:
    """With its key, where it is, and the defaults; when read again, without the key."""
    made = server.admin.post("/api/scanners", {"name": "s"})
    view = expect_json(made, 201)
    key = view.pop("apiKey")
    read = expect_json(server.admin.get(made.headers["Location"]))

    assert made.headers["Location"] == f"/api/scanners/{view['scannerId']}"
    assert key.partition(".")[0].startswith("default_")
    assert read == view
    assert view.pop("createdAt").endswith("Z")
    assert isinstance(view.pop("scannerId"), int)
    assert view == NEW_SCANNER


def test_a_new_group_is_shown_whole(server: Server) -> None:
    """With its members, and where it is."""
    members = [server.scanner().scanner_id, server.scanner().scanner_id]
    made = server.admin.post("/api/groups", {"name": "g", "scannerIds": members[::-1] + members})
    view = expect_json(made, 201)

    assert expect_json(server.admin.get(made.headers["Location"])) == view
    assert view.pop("createdAt").endswith("Z")
    assert view == {
        "groupId": view["groupId"],
        "name": "g",
        "scannerIds": members,
        "jobCapacity": 10,
    }


def test_membership_is_one_thing_seen_from_both_sides(server: Server) -> None:
    """Whether a scanner is put into a group, or a group given a scanner."""
    group = make(server, "groups")["groupId"]
    scanner = make(server, "scanners", groupIds=[group])
    path, url = f"/api/groups/{group}", f"/api/scanners/{scanner['scannerId']}"

    assert scanner["jobCapacity"] == 3
    assert expect_json(server.admin.get(path))["scannerIds"] == [scanner["scannerId"]]
    expect_json(server.admin.patch(path, {"scannerIds": []}))
    assert expect_json(server.admin.get(url))["groupIds"] == []
    expect_json(server.admin.patch(url, {"groupIds": [group]}))
    assert expect_json(server.admin.get(path))["scannerIds"] == [scanner["scannerId"]]


def test_a_patch_changes_what_it_names(server: Server) -> None:
    """And leaves the rest; an empty one changes nothing."""
    scanner = make(server, "scanners", targetCapacity=500, allowedIps=["10.0.0.0/8"])
    url = f"/api/scanners/{scanner['scannerId']}"
    scanner.pop("apiKey")

    assert expect_json(server.admin.patch(url, {})) == scanner
    changed = expect_json(server.admin.patch(url, {"name": "y", "maxProbesPerSecond": 7}))
    assert changed == {**scanner, "name": "y", "maxProbesPerSecond": 7}


def test_null_takes_the_default_again(server: Server) -> None:
    """For capacities and the rate."""
    limits = {"targetCapacity": 500, "taskCapacity": 5, "jobCapacity": 2, "maxProbesPerSecond": 9}
    scanner = make(server, "scanners", **limits)
    url = f"/api/scanners/{scanner['scannerId']}"

    changed = expect_json(server.admin.patch(url, dict.fromkeys(limits)))
    assert {name: scanner[name] for name in limits} == limits
    assert {name: changed[name] for name in limits} == {n: NEW_SCANNER[n] for n in limits}


def test_a_group_is_changed_in_part(server: Server) -> None:
    """Its name, or its job capacity."""
    group = make(server, "groups")
    url = f"/api/groups/{group['groupId']}"

    assert expect_json(server.admin.patch(url, {"jobCapacity": 3}))["jobCapacity"] == 3
    assert expect_json(server.admin.patch(url, {"name": "Büro 2"})) == {
        **group,
        "name": "Büro 2",
        "jobCapacity": 3,
    }


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"targetCapacity": 4, "taskCapacity": 5}, "taskCapacity"),
        ({"taskCapacity": 1025}, "taskCapacity"),
        ({"taskCapacity": 2, "jobCapacity": 3}, "jobCapacity"),
        ({"jobCapacity": 9}, "jobCapacity"),
    ],
)
def test_capacities_are_in_order(server: Server, fields: dict[str, int], named: str) -> None:
    """Job <= task <= target capacity, be they set or defaults; on create and on change."""
    url = f"/api/scanners/{make(server, 'scanners')['scannerId']}"

    assert list(expect_errors(server.admin.post("/api/scanners", {"name": "s", **fields}))) == [
        named
    ]
    assert list(expect_errors(server.admin.patch(url, fields))) == [named]
    assert len(expect_json(server.admin.get("/api/scanners"))["items"]) == 1


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("scanners", {}, "name"),
        ("scanners", {"name": ""}, "name"),
        ("scanners", {"name": "x" * 101}, "name"),
        ("scanners", {"name": "a\n"}, "name"),
        ("scanners", {"name": "$(reboot)"}, "name"),
        ("scanners", {"name": None}, "name"),
        ("scanners", {"name": "s", "enabled": "yes"}, "enabled"),
        ("scanners", {"name": "s", "enabled": 1}, "enabled"),
        ("scanners", {"name": "s", "allowedIps": "10.0.0.0/8"}, "allowedIps"),
        ("scanners", {"name": "s", "allowedIps": ["10.0.0.1/8"]}, "allowedIps.0"),
        ("scanners", {"name": "s", "allowedIps": ["host"]}, "allowedIps.0"),
        ("scanners", {"name": "s", "allowedIps": ["::ffff:10.0.0.1"]}, "allowedIps.0"),
        ("scanners", {"name": "s", "allowedIps": ["10.0.0.0/" + "9" * 9000]}, "allowedIps.0"),
        ("scanners", {"name": "s", "allowedIps": ["10.0.0.1"] * 101}, "allowedIps"),
        ("scanners", {"name": "s", "targetCapacity": 0}, "targetCapacity"),
        ("scanners", {"name": "s", "targetCapacity": 2**24 + 1}, "targetCapacity"),
        ("scanners", {"name": "s", "taskCapacity": 1.0}, "taskCapacity"),
        ("scanners", {"name": "s", "groupIds": [1]}, "groupIds"),
        ("scanners", {"name": "s", "groupIds": ["1"]}, "groupIds.0"),
        ("scanners", {"name": "s", "groupIds": None}, "groupIds"),
        ("scanners", {"name": "s", "scannerId": 1}, "scannerId"),
        ("scanners", {"name": "s", "status": "online"}, "status"),
        ("scanners", {"name": "s", "apiKey": "x"}, "apiKey"),
        ("scanners", {"name": "s", "name ": "t"}, "name "),
        ("groups", {}, "name"),
        ("groups", {"name": "g", "scannerIds": [1]}, "scannerIds"),
        ("groups", {"name": "g", "scannerIds": [-1]}, "scannerIds.0"),
        ("groups", {"name": "g", "jobCapacity": 0}, "jobCapacity"),
        ("groups", {"name": "g", "groupId": 1}, "groupId"),
        ("groups", [], "body"),
        ("groups", "g", "body"),
        ("groups", 7, "body"),
    ],
)
def test_wrong_fields_are_named(server: Server, kind: str, body: Any, field: str) -> None:
    """Each in its own words, and nothing is created."""
    assert list(expect_errors(server.admin.post(f"/api/{kind}", body))) == [field]
    assert expect_json(server.admin.get(f"/api/{kind}"))["items"] == []


@pytest.mark.parametrize("kind", ["scanners", "groups"])
@pytest.mark.parametrize("item", ["1", "9" * 500, "9" * 4000, "-1", "x", "1.0", "%00", "1%0A"])
def test_what_is_not_there_is_not_found(server: Server, kind: str, item: str) -> None:
    """Whatever is written where its id would be."""
    expect_problem(server.admin.get(f"/api/{kind}/{item}"), 404, "NOT_FOUND")
    expect_problem(server.admin.patch(f"/api/{kind}/{item}", {"name": "y"}), 404, "NOT_FOUND")
