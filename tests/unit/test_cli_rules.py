"""Subnets, exclusions, scopes and port lists on the command line."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from fake_api import Answer, FakeApi, page, problem, scan

from cli.main import COMMANDS, main

Run = Callable[..., Result]

SUBNET = {
    "subnetId": 1766000000000001,
    "cidr": "10.0.0.0/8",
    "maxProbesPerSecond": 500,
    "grantedProbesPerSecond": 40,
    "createdAt": "2026-01-01T10:00:00.123456Z",
}
EXCLUSION = {"exclusionId": 1766000000000002, "cidr": "10.9.0.0/16", "reason": "printers"}
SCOPE = {"scopeId": 1766000000000003, "cidr": "192.0.2.7/32"}
WEB = {"portListId": 17, "name": "web", "ports": "80,443", "maxProbesPerSecond": None}
KINDS = {"subnet": SUBNET, "exclusion": EXCLUSION, "scope": SCOPE}


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


@pytest.fixture
def run(server: FakeApi) -> Run:
    def invoke(*arguments: str) -> Result:
        environ = {"SCANDISPATCH_URL": server.url, "SCANDISPATCH_TOKEN": "secret"}
        return CliRunner().invoke(main, arguments, env=environ)

    return invoke


def changes(server: FakeApi) -> list[tuple[str, str, object]]:
    """What was asked for beside reading."""
    return [(one.method, one.path, one.body) for one in server.asked if one.method != "GET"]


@pytest.mark.parametrize(
    ("words", "kind", "body"),
    [
        ("10.0.0.0/8 --rate 500", "subnet", {"cidr": "10.0.0.0/8", "maxProbesPerSecond": 500}),
        (
            "10.9.0.0/16 --reason printers",
            "exclusion",
            {"cidr": "10.9.0.0/16", "reason": "printers"},
        ),
        ("10.9.0.0/16", "exclusion", {"cidr": "10.9.0.0/16", "reason": ""}),
        ("192.0.2.7", "scope", {"cidr": "192.0.2.7"}),
    ],
)
def test_a_rule_is_made(server: FakeApi, run: Run, words: str, kind: str, body: object) -> None:
    """It is shown as the server keeps it, with its id."""
    server.on("POST", f"/api/{kind}s", Answer(KINDS[kind], 201))

    result = run(kind, "create", *words.split())

    assert result.exit_code == 0
    assert changes(server) == [("POST", f"/api/{kind}s", body)]
    assert result.output == f"{kind} {KINDS[kind]['cidr']} has the id {KINDS[kind][f'{kind}Id']}\n"
    assert json.loads(run(kind, "create", *words.split(), "--json").output) == KINDS[kind]


def test_a_limit_is_asked_for(server: FakeApi, run: Run) -> None:
    """A subnet without one, or with none that could be, is wrong usage."""
    for words in ("create 10.0.0.0/8", "create 10.0.0.0/8 --rate 0", "set 10.0.0.0/8"):
        assert run("subnet", *words.split()).exit_code == 2
    assert run("exclusion", "set", "10.0.0.0/8").exit_code == 2

    assert server.asked == []


def test_rules_are_listed_by_address(server: FakeApi, run: Run) -> None:
    """As numbers, the larger network first, IPv4 before IPv6; --json in the same order."""
    cidrs = ["10.0.0.0/8", "10.0.0.0/24", "10.10.0.0/16", "192.0.2.0/24", "::/0"]
    rules = [{**EXCLUSION, "cidr": cidr} for cidr in cidrs]
    server.on("GET", "/api/exclusions", page(*reversed(rules)))

    header, *lines = run("exclusion", "list").output.splitlines()

    assert header.split() == ["ID", "CIDR", "REASON"]
    assert [line.split()[1] for line in lines] == cidrs
    assert json.loads(run("exclusion", "list", "--json").output) == rules


def test_what_is_granted_is_listed(server: FakeApi, run: Run) -> None:
    """Beside the limit."""
    server.on("GET", "/api/subnets", page(SUBNET))

    assert run("subnet", "list").output.splitlines()[1].split()[1:] == ["10.0.0.0/8", "500", "40"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("subnet", "create CIDR --rate RATE"),
        ("exclusion", "create CIDR"),
        ("scope", "create CIDR"),
        ("port-list", "create NAME --ports PORTS"),
    ],
)
def test_an_empty_list_says_how_to_fill_it(
    server: FakeApi, run: Run, kind: str, words: str
) -> None:
    """With a command that is taken, once its capitals are filled in."""
    server.on("GET", f"/api/{kind}s", page())
    filled = words.replace("CIDR", "10.0.0.0/8").replace("RATE", "5").replace("PORTS", "80")
    server.on("POST", f"/api/{kind}s", Answer({**KINDS, "port-list": WEB}[kind], 201))

    assert f"`scandispatch {kind} {words}`" in run(kind, "list").output
    assert run(kind, *filled.split()).exit_code == 0


@pytest.mark.parametrize("written", ["10.0.0.0/8", " 10.0.0.0/08", "1766000000000001"])
def test_a_rule_is_found_by_cidr_or_id(server: FakeApi, run: Run, written: str) -> None:
    """However the CIDR is written."""
    path = f"/api/subnets/{SUBNET['subnetId']}"
    server.on("GET", "/api/subnets", page({**SUBNET, "subnetId": 3, "cidr": "::/0"}, SUBNET))
    server.on("PATCH", path, Answer(SUBNET))
    server.on("DELETE", path, Answer(b"", 204))

    assert run("subnet", "set", written, "--rate", "7").output == "subnet 10.0.0.0/8 is changed\n"
    assert run("subnet", "delete", written).output == f"subnet {written} is deleted\n"
    assert changes(server) == [
        ("PATCH", path, {"maxProbesPerSecond": 7}),
        ("DELETE", path, None),
    ]


def test_an_address_finds_its_rule(server: FakeApi, run: Run) -> None:
    """As it was made: without a prefix length."""
    server.on("GET", "/api/scopes", page(SCOPE))
    server.on("DELETE", f"/api/scopes/{SCOPE['scopeId']}", Answer(b"", 204))

    assert run("scope", "delete", "192.0.2.7").exit_code == 0


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("10.0.0.0/9", "there is no scope"),
        ("10.0.0.1/8", "'10.0.0.1/8' has host bits set; was 10.0.0.0/8 meant?"),
        ("x", "there is no scope"),
    ],
)
def test_what_is_no_rule_is_not_found(server: FakeApi, run: Run, written: str, says: str) -> None:
    """And nothing is deleted."""
    server.on("GET", "/api/scopes", page(SCOPE))

    result = run("scope", "delete", written)

    assert result.exit_code == 3
    assert says in result.stderr
    assert changes(server) == []


def test_a_refusal_is_shown(server: FakeApi, run: Run) -> None:
    """As the server says it."""
    sentence = "There is one for 10.0.0.0/8 already."
    server.on("POST", "/api/subnets", problem(409, "ALREADY_EXISTS", sentence))

    result = run("subnet", "create", "10.0.0.0/8", "--rate", "5")

    assert result.exit_code == 3
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("subnet create 10.0.0.0/8 --rate 5", "`scandispatch subnet set` changes it"),
        ("exclusion create 10.0.0.0/8", "`scandispatch exclusion set` changes it"),
        ("scope create 10.0.0.0/8", "`scandispatch scope list` shows it"),
    ],
)
def test_a_rule_that_is_there_is_not_made_again(
    server: FakeApi, run: Run, words: str, hint: str
) -> None:
    """And what to do instead is said."""
    there = problem(409, "ALREADY_EXISTS", "There is one for 10.0.0.0/8 already.")
    server.on("POST", f"/api/{words.partition(' ')[0]}s", there)

    result = run(*words.split())

    assert result.exit_code == 3
    assert hint in result.stderr


def test_no_example_excludes_what_others_scan(run: Run) -> None:
    """Pasted, the example of `exclusion create` ends no scan of a whole site."""
    shown = run("exclusion", "create", "--help").output

    assert 'scandispatch exclusion create 10.0.9.0/24 --reason "printers"' in shown


def test_a_port_list_is_made_once(server: FakeApi, run: Run) -> None:
    """One of a name that is there is refused."""
    server.on("GET", "/api/port-lists", page(), page(WEB))
    server.on("POST", "/api/port-lists", Answer(WEB, 201))
    words = ("port-list", "create", "web", "--ports", "80,443")

    assert run(*words).output == "port list web has the id 17\n"
    assert run(*words).exit_code == 3
    body = {"name": "web", "ports": "80,443", "maxProbesPerSecond": None}
    assert changes(server) == [("POST", "/api/port-lists", body)]


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ("--ports 80", {"ports": "80"}),
        ("--rate 5", {"maxProbesPerSecond": 5}),
        ("--no-rate --ports 22", {"maxProbesPerSecond": None, "ports": "22"}),
    ],
)
def test_a_port_list_is_changed(server: FakeApi, run: Run, words: str, body: object) -> None:
    """In what is named; its limit can be taken away."""
    server.on("GET", "/api/port-lists", page(WEB))
    server.on("PATCH", "/api/port-lists/17", Answer(WEB))

    assert run("port-list", "set", "web", *words.split()).output == "port list web is changed\n"
    assert changes(server) == [("PATCH", "/api/port-lists/17", body)]


@pytest.mark.parametrize("words", ["", "--rate 5 --no-rate", "--rate 0"])
def test_no_change_is_wrong_usage(server: FakeApi, run: Run, words: str) -> None:
    """And so is one that contradicts itself."""
    assert run("port-list", "set", "web", *words.split()).exit_code == 2
    assert server.asked == []


def test_port_lists_are_listed_and_deleted(server: FakeApi, run: Run) -> None:
    """By name."""
    server.on("GET", "/api/port-lists", page(WEB))
    server.on("DELETE", "/api/port-lists/17", Answer(b"", 204))

    assert run("port-list", "list").output.splitlines()[1].split() == ["17", "web", "80,443"]
    assert run("port-list", "delete", "web").output == "port list web is deleted\n"
    assert changes(server) == [("DELETE", "/api/port-lists/17", None)]


def test_a_scan_takes_a_port_list(server: FakeApi, run: Run) -> None:
    """By name, instead of ports."""
    server.on("GET", "/api/port-lists", page(WEB))
    server.on("GET", "/api/scanners", page({"scannerId": 3, "name": "lab-1"}))
    server.on("POST", "/api/scans", Answer(scan(), 201))

    result = run("scan", "create", "10.0.0.0/24", "--port-list", "web", "--scanner", "lab-1")

    assert result.exit_code == 0
    body = {"targets": ["10.0.0.0/24"], "portListId": 17, "scannerIds": [3]}
    assert changes(server) == [("POST", "/api/scans", body)]


@pytest.mark.parametrize("ports", ["", "--ports 22 --port-list web"])
def test_a_scan_has_ports_once(server: FakeApi, run: Run, ports: str) -> None:
    """Either its own, or those of a list."""
    assert run("scan", "create", "10.0.0.1", "--scanner", "x", *ports.split()).exit_code == 2
    assert server.asked == []


@pytest.mark.parametrize("name", [*KINDS, "port-list"])
def test_help(run: Run, name: str) -> None:
    """The overview's line is the command's own; each step has an example and the exit codes."""
    command = main.get_command(None, name)

    assert COMMANDS[name][1] == command.get_short_help_str(100)
    for step in command.commands:
        shown = run(name, step, "--help").output
        assert f"scandispatch {name} {step}" in shown
        assert "Exit codes:" in shown
