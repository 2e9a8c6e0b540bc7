"""Subnets, exclusions, scopes, port lists: made once, read whole, changed in part, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.ingest.asking import (
    Asker,
    Body,
    Server,
    expect_errors,
    expect_json,
    expect_problem,
)

# path -> name of its id, a body to create, what is shown beside it, a change
RESOURCES: dict[str, tuple[str, Body, Body, Body]] = {
    "port-lists": (
        "portListId",
        {"name": "web", "ports": "80,443", "maxProbesPerSecond": 50},
        {},
        {"ports": "80,443,8000-8100"},
    ),
    "subnets": (
        "subnetId",
        {"cidr": "10.0.0.0/8", "maxProbesPerSecond": 50},
        {"grantedProbesPerSecond": 0},
        {"maxProbesPerSecond": 7},
    ),
    "exclusions": (
        "exclusionId",
        {"cidr": "10.0.0.0/8", "reason": "Drucker & Telefone"},
        {},
        {"reason": ""},
    ),
    "scopes": ("scopeId", {"cidr": "10.0.0.0/8"}, {}, {"cidr": "2001:db8::/32"}),
}
RULES = ["subnets", "exclusions", "scopes"]
every = pytest.mark.parametrize("kind", RESOURCES)
of_rules = pytest.mark.parametrize("kind", RULES)


def body_of(kind: str, **fields: Any) -> Body:
    return {**RESOURCES[kind][1], **fields}


def make(server: Server, kind: str, site: str = "default", **fields: Any) -> Body:
    path = f"/api/{kind}?site={site}"
    return expect_json(server.admin.post(path, body_of(kind, **fields)), 201)


def url_of(kind: str, view: Body) -> str:
    return f"/api/{kind}/{view[RESOURCES[kind][0]]}"


def delete(asker: Asker, url: str) -> Any:
    return asker.ask("DELETE", url)


def items(server: Server, kind: str, query: str = "") -> list[Body]:
    return list(expect_json(server.admin.get(f"/api/{kind}{query}"))["items"])


@every
def test_a_new_one_is_shown_whole(server: Server, kind: str) -> None:
    """With its id, where it is and when it was made, and the same when it is read."""
    name, wanted, beside, _ = RESOURCES[kind]
    made = server.admin.post(f"/api/{kind}", wanted)
    view = expect_json(made, 201)

    assert made.headers["Location"] == url_of(kind, view)
    assert expect_json(server.admin.get(made.headers["Location"])) == view
    assert items(server, kind) == [view]
    assert view.pop("createdAt").endswith("Z")
    assert isinstance(view.pop(name), int)
    assert view == {**wanted, **beside}


@every
def test_a_patch_changes_what_it_names(server: Server, kind: str) -> None:
    """And leaves the rest; an empty one changes nothing."""
    view = make(server, kind)
    change = RESOURCES[kind][3]

    assert expect_json(server.admin.patch(url_of(kind, view), {})) == view
    changed = expect_json(server.admin.patch(url_of(kind, view), change))
    assert changed == {**view, **change}
    assert expect_json(server.admin.get(url_of(kind, view))) == changed


@every
def test_a_deleted_one_is_gone(server: Server, kind: str) -> None:
    """From the list, and for every further call; the same can be made again."""
    url = url_of(kind, make(server, kind))

    assert delete(server.admin, url).status_code == 204
    assert items(server, kind) == []
    for answer in (delete(server.admin, url), server.admin.get(url), server.admin.patch(url, {})):
        expect_problem(answer, 404, "NOT_FOUND")
    make(server, kind)


@every
@pytest.mark.parametrize("ident", ["0", "9" * 30, "-1", "x", "%00"])
def test_what_is_no_id_is_not_found(server: Server, kind: str, ident: str) -> None:
    """However it is written."""
    for method in ("GET", "PATCH", "DELETE"):
        expect_problem(server.admin.ask(method, f"/api/{kind}/{ident}"), 404, "NOT_FOUND")


@every
def test_roles(server: Server, kind: str) -> None:
    """Who views reads; who is no admin configures nothing; who is nobody sees nothing."""
    view = make(server, kind)
    url, wanted = url_of(kind, view), RESOURCES[kind][1]
    for role in ("viewer", "operator"):
        asker = server.token(role)
        assert expect_json(asker.get(url)) == view
        assert expect_json(asker.get(f"/api/{kind}"))["items"] == [view]
        for answer in (
            asker.post(f"/api/{kind}", wanted),
            asker.patch(url, {}),
            delete(asker, url),
        ):
            expect_problem(answer, 403, "FORBIDDEN")
    for answer in (server.anybody.get(url), delete(server.anybody, url)):
        expect_problem(answer, 401, "MISSING_TOKEN")

    assert items(server, kind) == [view]


@every
def test_the_same_request_makes_one(server: Server, kind: str) -> None:
    """And another one under its Idempotency-Key makes none."""
    headers = {"Idempotency-Key": "k"}
    wanted = body_of(kind)
    views = [
        expect_json(server.admin.post(f"/api/{kind}", wanted, headers=headers), 201)
        for _ in range(3)
    ]
    other = {**wanted, **RESOURCES[kind][3]}

    assert views[0] == views[1] == views[2]
    answer = server.admin.post(f"/api/{kind}", other, headers=headers)
    assert list(expect_errors(answer)) == ["Idempotency-Key"]
    assert items(server, kind) == views[:1]


def five(server: Server, kind: str) -> list[int]:
    """Ids of five, the newest first."""
    made = []
    for i in range(5):
        fields = {"name": f"n{i}"} if kind == "port-lists" else {"cidr": f"10.{i}.0.0/16"}
        made.append(make(server, kind, **fields)[RESOURCES[kind][0]])
    return made[::-1]


@every
@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_pages_make_up_the_list(server: Server, kind: str, limit: int) -> None:
    """Every one once, the newest first."""
    made, seen, cursor = five(server, kind), [], ""
    while cursor is not None:
        page = expect_json(server.admin.get(f"/api/{kind}?limit={limit}&cursor={cursor}"))
        assert len(page["items"]) <= limit
        seen += [one[RESOURCES[kind][0]] for one in page["items"]]
        cursor = page["nextCursor"]

    assert seen == made


@every
@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=x", "cidr=10.0.0.0"])
def test_a_query_has_bounds(server: Server, kind: str, query: str) -> None:
    """What is outside them, or unknown, is refused."""
    assert list(expect_errors(server.admin.get(f"/api/{kind}?{query}"))) == [
        query.partition("=")[0]
    ]


@every
def test_sites_keep_apart(server: Server, kind: str) -> None:
    """The same may be in each; one site's are not found in another."""
    server.site("branch")
    here, (second, micros) = make(server, kind), server.store.time()
    while server.store.time() < (second, micros + 1000):
        pass  # ids are made of milliseconds, in each site by itself
    there = make(server, kind, "branch")

    assert items(server, kind) == [here]
    assert items(server, kind, "?site=branch") == [there]
    expect_problem(server.admin.get(url_of(kind, there)), 404, "NOT_FOUND")
    expect_problem(delete(server.admin, url_of(kind, there)), 404, "NOT_FOUND")


@every
def test_a_site_that_has_some_is_not_empty(server: Server, kind: str) -> None:
    """It goes when they have gone, and a new one of its name has none."""
    for _ in range(2):
        expect_json(server.admin.post("/api/sites", {"site": "branch"}), 201)
        assert items(server, kind, "?site=branch") == []
        view = make(server, kind, "branch")
        expect_problem(delete(server.admin, "/api/sites/branch"), 409, "CONFLICT")
        assert items(server, kind, "?site=branch") == [view]
        assert delete(server.admin, f"{url_of(kind, view)}?site=branch").status_code == 204
        assert delete(server.admin, "/api/sites/branch").status_code == 204

    assert [key for key in server.store.keys("*") if "{branch}" in str(key)] == []  # type: ignore[union-attr]  # not async


@of_rules
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("10.0.0.5", "10.0.0.5/32"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("2001:DB8:0:0::/064", "2001:db8::/64"),
        ("2001:db8::1", "2001:db8::1/128"),
    ],
)
def test_a_cidr_is_kept_in_one_way_of_writing(
    server: Server, kind: str, text: str, kept: str
) -> None:
    """Which is what tells whether there is one of it already."""
    assert make(server, kind, cidr=text)["cidr"] == kept
    expect_problem(
        server.admin.post(f"/api/{kind}", body_of(kind, cidr=kept)), 409, "ALREADY_EXISTS"
    )


@of_rules
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10.0.0.5/24", "was 10.0.0.0/24 meant?"),
        ("2001:db8::1/64", "was 2001:db8::/64 meant?"),
        ("10.0.0.0/33", "prefix length"),
        ("10.0.0.0-10.0.0.9", "is no CIDR"),
        ("10.0.0.0/255.0.0.0", "is no CIDR"),
        ("host.example", "is no CIDR"),
        ("::ffff:10.0.0.1", "write 10.0.0.1"),
        ("fe80::1%eth0", "has a zone"),
        ("", "is no CIDR"),
        ("1" * 301, "too long"),
        (None, "null"),
        (10, "string"),
        (["10.0.0.0/8"], "string"),
    ],
)
def test_what_is_no_cidr_is_refused(server: Server, kind: str, text: Any, says: str) -> None:
    """With a sentence that says what is wrong, and which network was probably meant."""
    view = make(server, kind, cidr="192.0.2.0/24")
    for answer in (
        server.admin.post(f"/api/{kind}", body_of(kind, cidr=text)),
        server.admin.patch(url_of(kind, view), {"cidr": text}),
    ):
        assert says in expect_errors(answer)["cidr"][0]

    assert items(server, kind) == [view]


@of_rules
def test_one_of_a_kind_for_a_cidr(server: Server, kind: str) -> None:
    """Neither made twice nor moved onto another; the sentence names it."""
    make(server, kind)
    other = make(server, kind, cidr="10.0.0.0/9")
    for answer in (
        server.admin.post(f"/api/{kind}", body_of(kind)),
        server.admin.patch(url_of(kind, other), {"cidr": "10.0.0.0/8"}),
    ):
        assert "10.0.0.0/8" in expect_problem(answer, 409, "ALREADY_EXISTS")["detail"]
    moved = expect_json(server.admin.patch(url_of(kind, other), {"cidr": "10.128.0.0/9"}))

    assert moved["cidr"] == "10.128.0.0/9"
    make(server, kind, cidr="10.0.0.0/9")


@pytest.mark.parametrize("kind", ["subnets", "port-lists"])
@pytest.mark.parametrize("limit", [0, -1, 100_000_001, 2**53, 1.5, "5", True, [], {}])
def test_a_limit_is_a_whole_number_of_probes(server: Server, kind: str, limit: Any) -> None:
    """At least one per second."""
    view = make(server, kind)
    other = {"cidr": "::/0"} if kind == "subnets" else {}
    for answer in (
        server.admin.post(f"/api/{kind}", body_of(kind, **other, maxProbesPerSecond=limit)),
        server.admin.patch(url_of(kind, view), {"maxProbesPerSecond": limit}),
    ):
        assert list(expect_errors(answer)) == ["maxProbesPerSecond"]

    assert items(server, kind) == [view]


@every
def test_what_is_needed_and_what_is_unknown(server: Server, kind: str) -> None:
    """Both are named; what is only shown cannot be set."""
    needed = {
        "port-lists": {"name", "ports"},
        "subnets": {"cidr", "maxProbesPerSecond"},
        "exclusions": {"cidr"},
        "scopes": {"cidr"},
    }
    name = RESOURCES[kind][0]
    view = make(server, kind)

    assert set(expect_errors(server.admin.post(f"/api/{kind}", {}))) == needed[kind]
    for field in (name, "createdAt", "grantedProbesPerSecond", "bogus"):
        answer = server.admin.patch(url_of(kind, view), {field: 1})
        assert list(expect_errors(answer)) == [field]
    for field in needed[kind]:
        answer = server.admin.patch(url_of(kind, view), {field: None})
        assert list(expect_errors(answer)) == [field]


def test_a_limit_is_needed_of_a_subnet(server: Server) -> None:
    """One of a port list is not, and null takes it away."""
    assert list(expect_errors(server.admin.post("/api/subnets", {"cidr": "::/0"}))) == [
        "maxProbesPerSecond"
    ]
    web = {"name": "web", "ports": "80"}
    view = expect_json(server.admin.post("/api/port-lists", web), 201)
    url = url_of("port-lists", view)

    assert view["maxProbesPerSecond"] is None
    assert (
        expect_json(server.admin.patch(url, {"maxProbesPerSecond": 5}))["maxProbesPerSecond"] == 5
    )
    changed = server.admin.patch(url, {"maxProbesPerSecond": None})
    assert expect_json(changed) == view


@pytest.mark.parametrize("ports", ["", "0", "65536", "80-22", "http", "22;80", None, 22])
def test_ports_are_ports(server: Server, ports: Any) -> None:
    """In nmap's notation; what is there is kept in one way of writing."""
    answer = server.admin.post("/api/port-lists", body_of("port-lists", ports=ports))
    assert list(expect_errors(answer)) == ["ports"]

    assert make(server, "port-lists", ports="443, 80,22-25,24-30")["ports"] == "22-30,80,443"


def test_a_reason_is_short(server: Server) -> None:
    """500 characters, or none at all."""
    exclusion = {"cidr": "10.0.0.0/8"}

    assert expect_json(server.admin.post("/api/exclusions", exclusion), 201)["reason"] == ""
    long = server.admin.post("/api/exclusions", {"cidr": "::/0", "reason": "x" * 501})
    assert list(expect_errors(long)) == ["reason"]
    assert make(server, "exclusions", cidr="::/0", reason="x" * 500)["reason"] == "x" * 500


def test_subnets_lie_inside_each_other_so_deep(server: Server) -> None:
    """Eight; the ninth is refused wherever it would be among them, and the refusal says why."""
    for bits in range(8, 16):
        make(server, "subnets", cidr=f"10.0.0.0/{bits}")
    for bits in (7, 16, 32):
        wanted = {"cidr": f"10.0.0.0/{bits}", "maxProbesPerSecond": 1}
        (sentence,) = expect_errors(server.admin.post("/api/subnets", wanted))["cidr"]
        assert "9 subnets would lie inside each other here; at most 8 may" in sentence
    make(server, "subnets", cidr="10.2.0.0/16")

    assert len(items(server, "subnets")) == 9


def test_what_is_granted_of_a_subnet_is_shown(server: Server) -> None:
    """Alone and in the list; a lowered limit leaves it above."""
    view = make(server, "subnets")
    grants = f"sd:{{default}}:subnet:{view['subnetId']}:grants"
    server.store.hset(grants, mapping={"all": 40, "17": 40})
    changed = expect_json(server.admin.patch(url_of("subnets", view), {"maxProbesPerSecond": 10}))

    assert changed == {**view, "maxProbesPerSecond": 10, "grantedProbesPerSecond": 40}
    assert items(server, "subnets") == [changed]


def test_no_subnet_while_names_are_scanned(server: Server) -> None:
    """The refusal names the scan and says what to do; an exclusion is taken."""
    server.store.sadd("sd:{default}:named", 17)
    problem = expect_problem(server.admin.post("/api/subnets", body_of("subnets")), 409, "CONFLICT")

    assert "Scan 17" in problem["detail"]
    assert "cancel it first" in problem["detail"]
    make(server, "exclusions")


def test_a_port_list_in_use_stays(server: Server) -> None:
    """The refusal names a scan that uses it."""
    view = make(server, "port-lists")
    scans = f"sd:{{default}}:port-list:{view['portListId']}:scans"
    server.store.sadd(scans, 17)
    problem = expect_problem(delete(server.admin, url_of("port-lists", view)), 409, "CONFLICT")

    assert "Scan 17" in problem["detail"]
    server.store.delete(scans)
    assert delete(server.admin, url_of("port-lists", view)).status_code == 204


@every
def test_the_document_has_them(server: Server, kind: str) -> None:
    """With every call, and every field of theirs."""
    document = expect_json(server.anybody.get("/openapi.json"))
    name = RESOURCES[kind][0].removesuffix("Id")
    ident = {"portList": "port_list"}.get(name, name)
    paths = document["paths"]
    shown = document["components"]["schemas"][name[0].upper() + name[1:]]["properties"]

    assert {"get", "post"} <= set(paths[f"/api/{kind}"])
    assert {"get", "patch", "delete"} <= set(paths[f"/api/{kind}/{{{ident}_id}}"])
    assert set(shown) == set(make(server, kind))
