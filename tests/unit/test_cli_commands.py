"""The operator's commands: what they send, what they print, and how they end."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fake_api import Answer, FakeApi, page, problem, scan

from cli.main import COMMANDS, main

Run = Callable[..., Result]

SCANNER = {
    "scannerId": 1766000000000001,
    "name": "lab-1",
    "status": "online",
    "lastSeenAt": "2026-01-01T10:00:00.123456Z",
    "inUse": {"targets": 64, "tasks": 2, "jobs": 1},
    "taskCapacity": 8,
    "targetCapacity": 1024,
    "engines": ["connect", "nmap"],
    "maxProbesPerSecond": None,
    "groupIds": [],
}
TASK = {
    "jobId": 42,
    "scannerId": SCANNER["scannerId"],
    "status": "running",
    "hosts": 64,
    "maxProbesPerSecond": 50,
    "rateLimitedBy": "subnet 10.0.0.0/16",
    "errorMessage": None,
}
FAILED = TASK | {
    "jobId": 41,
    "scannerId": 4711,
    "status": "failed",
    "hosts": 1,
    "maxProbesPerSecond": None,
    "rateLimitedBy": None,
    "errorMessage": "host.example: out of scope",
}
GROUP = {"groupId": 1766000000000009, "name": "lab", "scannerIds": [], "jobCapacity": 10}


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


@pytest.fixture
def run(server: FakeApi) -> Run:
    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        environ = {"SCANDISPATCH_URL": server.url, "SCANDISPATCH_TOKEN": "secret"}
        return CliRunner().invoke(main, arguments, input=stdin, env=environ)

    return invoke


def created(server: FakeApi) -> dict[str, Any]:
    """The body of the one POST."""
    (body,) = (asked.body for asked in server.asked if asked.method == "POST")
    return dict(body)


def test_a_new_scanners_key_is_shown_with_the_command_that_uses_it(
    server: FakeApi, run: Run
) -> None:
    """`scanner create` prints the key, and a line that can be pasted."""
    server.on("GET", "/api/scanners", page())
    server.on("POST", "/api/scanners", Answer(SCANNER | {"apiKey": "k1.s3cret"}, 201))

    result = run("scanner", "create", "lab-1", "--max-rate", "500", "--allow-ip", "192.0.2.0/24")

    assert result.exit_code == 0
    assert "SCANDISPATCH_API_KEY=k1.s3cret" in result.output
    assert f"scandispatch agent --url {server.url}" in result.output
    assert "--api-key-file" in result.output
    expected = {"name": "lab-1", "maxProbesPerSecond": 500, "allowedIps": ["192.0.2.0/24"]}
    assert expected == created(server)


def test_scanners_are_listed_with_what_they_have_in_hand(server: FakeApi, run: Run) -> None:
    """`scanner list` shows status and use; with --json it is the server's list."""
    server.on("GET", "/api/scanners", page(SCANNER))

    shown = run("scanner", "list").output

    assert "lab-1" in shown
    assert "2 of 8" in shown
    assert json.loads(run("scanner", "list", "--json").output) == [SCANNER]


def test_scanners_are_listed_with_their_limits_and_groups(server: FakeApi, run: Run) -> None:
    """`scanner list` shows the most probes a second, and groups by name."""
    groups = [GROUP["groupId"], 5]
    server.on(
        "GET", "/api/scanners", page(SCANNER | {"maxProbesPerSecond": 500, "groupIds": groups})
    )
    server.on("GET", "/api/groups", page(GROUP))

    header, line = run("scanner", "list").output.splitlines()

    assert header.endswith("PROBES/S  GROUPS  ENGINES      ")
    assert line.split()[-5:] == ["500", "lab,", "5", "connect,", "nmap"]


def test_groups_name_their_scanners(server: FakeApi, run: Run) -> None:
    """`group create` takes scanners by name, and `group list` shows their names."""
    made = GROUP | {"scannerIds": [SCANNER["scannerId"]]}
    server.on("GET", "/api/scanners", page(SCANNER))
    server.on("POST", "/api/groups", Answer(made, 201))
    server.on("GET", "/api/groups", page(), page(made))

    assert run("group", "create", "lab", "--scanner", "lab-1").exit_code == 0
    assert {"name": "lab", "scannerIds": [SCANNER["scannerId"]]} == created(server)
    assert "lab-1" in run("group", "list").output


@pytest.mark.parametrize(
    ("kind", "hint"), [("scanner", "scanner new-key lab"), ("group", "group add")]
)
def test_a_name_that_is_there_is_not_given_again(
    server: FakeApi, run: Run, kind: str, hint: str
) -> None:
    """`create` of a name that exists makes no second one, and says what to do instead."""
    server.on("GET", f"/api/{kind}s", page({"name": "lab"}))

    result = run(kind, "create", "lab")

    assert result.exit_code == 3
    assert f"there is a {kind} 'lab' already" in result.stderr
    assert hint in result.stderr
    assert [asked.method for asked in server.asked] == ["GET"]


@pytest.mark.parametrize(("word", "on"), [("enable", True), ("disable", False)])
def test_a_scanner_is_let_in_or_kept_out(server: FakeApi, run: Run, word: str, *, on: bool) -> None:
    """`scanner enable|disable` changes that and nothing else, and says how it stands."""
    path = f"/api/scanners/{SCANNER['scannerId']}"
    server.on("GET", "/api/scanners", page(SCANNER))
    server.on("PATCH", path, Answer(SCANNER | {"status": "so it is"}))

    result = run("scanner", word, "lab-1")

    assert result.output == "scanner lab-1: so it is\n"
    assert server.asked[-1].body == {"enabled": on}


@pytest.mark.parametrize(
    ("word", "members", "said"), [("add", [2, 3, 4], "3 scanners"), ("remove", [2], "1 scanner")]
)
def test_scanners_come_into_a_group_and_out_of_it(
    server: FakeApi, run: Run, word: str, members: list[int], said: str
) -> None:
    """`group add|remove` takes several scanners, and leaves the group's others as they are."""
    lab = GROUP | {"scannerIds": [2, 3]}
    path = f"/api/groups/{lab['groupId']}"
    scanners = [SCANNER | {"scannerId": n, "name": f"lab-{n}"} for n in (2, 3, 4)]
    server.on("GET", "/api/scanners", page(*scanners))
    server.on("GET", "/api/groups", page(lab))
    server.on("GET", path, Answer(lab))
    server.on("PATCH", path, Answer(lab | {"scannerIds": members}))

    result = run("group", word, "lab", "lab-3", "4")

    assert result.exit_code == 0, result.output
    assert server.asked[-1].body == {"scannerIds": members}
    assert result.output == f"group lab: {said}\n"


def test_a_scan_is_sent_as_it_was_asked_for(server: FakeApi, run: Run) -> None:
    """`scan create` sends names as ids, typed engine arguments, and targets from both sources."""
    server.on("GET", "/api/scanners", page(SCANNER))
    server.on("GET", "/api/groups", page(GROUP))
    server.on("POST", "/api/scans", Answer(scan(), 201))
    hosts = "\ufeff192.0.2.9 # the printer\n\n# all of it below\n198.51.100.0/24, host.example\n"

    options = "--ports 22,80 --scanner lab-1 --group lab --rate 100 --hosts-per-task 4 --name x"
    arguments = "--exclude 192.0.2.1 --retry-failed --engine-arg banner=true --engine-arg a=b"
    more = "--targets-file - --max-attempts 2 --engine nmap"
    words = f"scan create 10.0.0.0/24,10.0.1.0/24 {options} {arguments} {more}".split()
    result = run(*words, stdin=hosts)

    assert result.exit_code == 0, result.output
    assert "scan 7 of 256 addresses: running" in result.output
    assert "scandispatch scan watch 7" in result.output
    assert created(server) == {
        "name": "x",
        "targets": [
            "10.0.0.0/24",
            "10.0.1.0/24",
            "192.0.2.9",
            "198.51.100.0/24",
            "host.example",
        ],
        "exclude": ["192.0.2.1"],
        "ports": "22,80",
        "scannerIds": [SCANNER["scannerId"]],
        "groupIds": [GROUP["groupId"]],
        "engine": "nmap",
        "engineArgs": {"banner": True, "a": "b"},
        "maxProbesPerSecond": 100,
        "hostsPerTask": 4,
        "retryFailed": True,
        "maxAttempts": 2,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        "--ports 22 --group lab",
        "10.0.0.0/24 --group lab",
        "10.0.0.0/24 --ports 22",
        "10.0.0.0/24 --ports 22 --group lab --engine-arg banner",
        "10.0.0.0/24 --ports 22 --group lab --rate 0",
        "10.0.0.0/24 --ports 22 --group lab --name last",
        "10.0.0.0/24 --ports 22 --group lab --name 42",
    ],
)
def test_what_is_left_out_is_wrong_usage(server: FakeApi, run: Run, arguments: str) -> None:
    """A scan without targets, ports or scanners is refused before the server is asked."""
    result = run("scan", "create", *arguments.split())

    assert result.exit_code == 2
    assert not server.asked


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "10.0.0.1",
            "Nobody to scan: give --scanner or --group. No ports: give --ports or --port-list.",
        ),
        (
            "10.0.0.1 --ports 22 --port-list web",
            "Nobody to scan: give --scanner or --group. Give --ports or --port-list, one of them.",
        ),
        ("--ports 22 --group lab", "Nothing to scan: give TARGETs or --targets-file."),
    ],
)
def test_all_that_is_left_out_is_said_at_once(run: Run, arguments: str, said: str) -> None:
    """Nobody mends a command line twice for the same reason."""
    result = run("scan", "create", *arguments.split())

    assert f"Error: {said}\n" in result.output


def test_a_refused_scan_says_which_field(server: FakeApi, run: Run) -> None:
    """What the server refuses is printed field by field, with exit code 3."""
    server.on("GET", "/api/groups", page(GROUP))
    errors = {"ports": ["70000 is not a port"]}
    refused = problem(422, "VALIDATION_ERROR", "the request is not valid", errors=errors)
    server.on("POST", "/api/scans", refused)

    result = run("scan", "create", "192.0.2.1", "--ports", "70000", "--group", "lab")

    assert result.exit_code == 3
    assert "ports: 70000 is not a port" in result.stderr


def test_an_unknown_name_is_said_so(server: FakeApi, run: Run) -> None:
    """A name that nothing has gives exit code 3, and where to look."""
    server.on("GET", "/api/groups", page(GROUP))

    result = run("scan", "create", "192.0.2.1", "--ports", "22", "--group", "nowhere")

    assert result.exit_code == 3
    assert "there is no group 'nowhere'" in result.stderr
    assert "scandispatch group list" in result.stderr


def test_a_name_that_two_have_is_not_guessed(server: FakeApi, run: Run) -> None:
    """Two scans of one name are told apart by the operator, who is given both ids."""
    server.on("GET", "/api/scans", page(scan(7), scan(8)))

    result = run("scan", "cancel", "office")

    assert result.exit_code == 3
    assert "7, 8" in result.stderr


@pytest.mark.parametrize("wanted", ["8", "last", "lobby"])
def test_a_scan_is_found_by_id_by_name_and_as_last(server: FakeApi, run: Run, wanted: str) -> None:
    """`scan show` finds the same scan whichever way it is called."""
    server.on("GET", "/api/scans", page(scan(8, name="lobby"), scan(7)))
    server.on("GET", "/api/scans/8", Answer(scan(8, name="lobby")))

    result = run("scan", "show", wanted, "--json")

    assert json.loads(result.output)["scanId"] == 8


def test_a_number_may_be_a_name(server: FakeApi, run: Run) -> None:
    """What is no scan's id is looked for among the names."""
    server.on("GET", "/api/scans", page(scan(8, name="42"), scan(7)))
    server.on("GET", "/api/scans/8", Answer(scan(8, name="42")))

    found = run("scan", "show", "42", "--json")
    unknown = run("scan", "show", "43")

    assert json.loads(found.output)["scanId"] == 8
    assert unknown.exit_code == 3
    assert "there is no scan '43'" in unknown.stderr


def test_a_scan_is_shown_with_what_it_waits_for(server: FakeApi, run: Run) -> None:
    """`scan show` and `scan list` say why a scan waits."""
    waiting = {"code": "NO_SCANNER_ONLINE", "message": "no scanner is online"}
    server.on("GET", "/api/scans/7", Answer(scan(waitingFor=waiting)))
    server.on("GET", "/api/scans", page(scan(waitingFor=waiting)))

    assert "no scanner is online" in run("scan", "show", "7").output
    assert "no scanner is online" in run("scan", "list").output


def test_a_scan_is_shown_with_its_limits_and_how_far_it_is(server: FakeApi, run: Run) -> None:
    """`scan show` names the port list, or gives the id of one that is deleted."""
    limited = scan(done=64, portListId=17, maxProbesPerSecond=200, etaSeconds=90)
    server.on("GET", "/api/scans/7", Answer(limited))
    server.on("GET", "/api/port-lists/17", Answer({"name": "web"}), problem(404, "NOT_FOUND", "no"))

    named, deleted = (run("scan", "show", "7").output.splitlines() for _ in range(2))

    assert {"port list  web", "progress   25%, about 0:01:30 left"} <= {*map(str.strip, named)}
    assert "limit      200 probes a second, over all its tasks" in map(str.strip, named)
    assert "port list  17" in map(str.strip, deleted)


def test_a_scans_tasks_are_listed(server: FakeApi, run: Run) -> None:
    """`scan tasks` says who has what, how fast, which limit says so, and why one failed."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scanners", page(SCANNER))
    server.on("GET", "/api/scans/7/tasks", page(TASK, FAILED, cursor="x"), page(TASK))

    header, *lines = run("scan", "tasks", "7", "--limit", "2").stdout.splitlines()

    assert header.split("  ")[0].strip() == "ID"
    assert [" ".join(line.split()) for line in lines] == [
        "42 lab-1 running 64 50 subnet 10.0.0.0/16",
        "41 4711 failed 1 host.example: out of scope",
    ]


def test_a_list_of_tasks_stops_at_its_limit(server: FakeApi, run: Run) -> None:
    """It says that there are more; --json is the server's list, as far as it was asked for."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scanners", page(SCANNER))
    server.on("GET", "/api/scans/7/tasks", page(TASK, FAILED))

    cut = run("scan", "tasks", "7", "--limit", "1")
    whole = run("scan", "tasks", "7", "--limit", "2", "--json")

    assert "raise --limit 1" in cut.stderr
    assert json.loads(whole.stdout) == [TASK, FAILED]
    assert whole.stderr == ""


def test_a_scan_without_tasks_says_where_to_look(server: FakeApi, run: Run) -> None:
    """No task yet has a reason, which `scan show` gives."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scans/7/tasks", page())

    assert "`scandispatch scan show" in run("scan", "tasks", "7").output


def test_no_scan_yet_says_how_to_make_one(server: FakeApi, run: Run) -> None:
    """With all that `scan create` needs."""
    server.on("GET", "/api/scans", page())
    creation = "scandispatch scan create TARGET --ports PORTS --scanner NAME"

    assert creation in run("scan", "list").output
    assert creation in run("scan", "show", "last").stderr


def test_a_list_stops_at_its_limit(server: FakeApi, run: Run) -> None:
    """`scan list --limit` asks for no more pages than it needs."""
    server.on("GET", "/api/scans", page(scan(9), scan(8), cursor="x"), page(scan(7)))

    result = run("scan", "list", "--limit", "1", "--status", "running", "--json")

    assert [one["scanId"] for one in json.loads(result.output)] == [9]
    assert server.asked[0].query == {"status": "running", "limit": "1"}


def test_cancelling_says_how_the_scan_stands(server: FakeApi, run: Run) -> None:
    """`scan cancel` prints the status that the server answers."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("POST", "/api/scans/7/cancel", Answer(scan(status="canceling")))

    assert "scan 7: canceling" in run("scan", "cancel", "7").output


def test_a_banner_does_not_reach_the_terminals_ears(server: FakeApi, run: Run) -> None:
    """Control characters and markup in what a host said are shown, and do nothing."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scanners", page(SCANNER))
    evil = {
        "scannerId": SCANNER["scannerId"],
        "host": "192.0.2.1",
        "port": 22,
        "protocol": "tcp",
        "state": "open",
        "banner": "\x1b]0;owned\x07[bold]x\u202e",
    }
    server.on("GET", "/api/scans/7/results", page(evil))

    shown = run("scan", "results", "7").output

    assert "\ufffd]0;owned\ufffd[bold]x\ufffd" in shown
    assert "\x1b" not in shown
    assert "22/tcp" in shown


def test_results_can_be_chosen_by_state(server: FakeApi, run: Run) -> None:
    """`--state` leaves the others out, and a cut list says that there is more."""
    rows = [
        {"host": "192.0.2.1", "port": p, "state": "open" if p < 3 else "closed", "scannerId": 1}
        for p in range(1, 6)
    ]
    server.on("GET", "/api/scanners", page())
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scans/7/results", page(*rows))

    chosen = run("scan", "results", "7", "--state", "open", "--json")
    cut = run("scan", "results", "7", "--limit", "2")

    assert [row["port"] for row in json.loads(chosen.output)] == [1, 2]
    assert "and more" in cut.stderr


def test_results_are_in_order_and_say_who_found_them(server: FakeApi, run: Run) -> None:
    """The whole table is sorted by address as numbers; late results and deleted scanners show."""
    found = [
        {"host": "2001:db8::1", "port": 1, "state": "open", "scannerId": SCANNER["scannerId"]},
        {"host": "192.0.2.10", "port": 1, "state": "open", "scannerId": 4711},
        {"host": "192.0.2.9", "port": 20, "state": "open", "scannerId": 4711, "late": True},
        {"host": "192.0.2.9", "port": 3, "state": "open", "scannerId": SCANNER["scannerId"]},
    ]
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scans/7/results", page(*found))
    server.on("GET", "/api/scanners", page(SCANNER))

    header, *lines = run("scan", "results", "7").output.splitlines()

    assert header.split() == ["HOST", "PORT", "STATE", "SERVICE", "BANNER", "FOUND", "BY"]
    assert [line.split() for line in lines] == [
        ["192.0.2.9", "3/tcp", "open", "lab-1"],
        ["192.0.2.9", "20/tcp", "open", "4711", "(late)"],
        ["192.0.2.10", "1/tcp", "open", "4711"],
        ["2001:db8::1", "1/tcp", "open", "lab-1"],
    ]


@pytest.mark.parametrize("form", ["jsonl", "csv", "nmap-xml"])
@pytest.mark.parametrize("option", ["--state open", "--limit 5", "--json"])
def test_an_export_is_the_whole(server: FakeApi, run: Run, form: str, option: str) -> None:
    """What chooses rows of the table is refused beside an export, not ignored."""
    result = run("scan", "results", "7", "--format", form, *option.split())

    assert result.exit_code == 2
    assert not server.asked


def test_an_export_is_whole_or_not_there(server: FakeApi, run: Run, tmp_path: Path) -> None:
    """`--output` leaves a file only when all of the stream has come."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    lines = b'{"port": 22}\n'
    server.on("GET", "/api/scans/7/results", Answer(lines, missing_bytes=3), Answer(lines))
    target = tmp_path / "found.jsonl"
    words = ("scan", "results", "7", "--format", "jsonl", "--output", str(target))

    broken = run(*words)

    assert broken.exit_code == 4
    assert list(tmp_path.iterdir()) == []
    assert run(*words).exit_code == 0
    assert lines == target.read_bytes()


def test_an_export_can_go_into_a_pipe(server: FakeApi, run: Run) -> None:
    """Without `--output` the lines go to standard output as they are."""
    server.on("GET", "/api/scans/7", Answer(scan()))
    server.on("GET", "/api/scans/7/results", Answer(b'{"port": 22}\n'))

    assert run("scan", "results", "7", "--format", "jsonl").stdout == '{"port": 22}\n'


def test_an_agent_without_a_key_is_told_where_it_may_come_from(run: Run) -> None:
    """`agent` without a key is wrong usage, and says how to give one."""
    result = run("agent", "--url", "http://127.0.0.1:1")

    assert result.exit_code == 2
    assert "SCANDISPATCH_API_KEY" in result.stderr


@pytest.mark.parametrize("name", ["scan", "scanner", "group", "agent", "audit"])
def test_the_overview_says_what_the_commands_say(name: str) -> None:
    """The lines of `scandispatch --help` are the commands' own."""
    summary = COMMANDS[name][1]
    command = main.get_command(None, name)

    assert summary == command.get_short_help_str(100)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "scan create",
        "scan list",
        "scan tasks",
        "scan watch",
        "scan results",
        "scanner create",
        "audit",
    ],
)
def test_help_says_how_a_command_ends(run: Run, command: str) -> None:
    """Every command's help has examples, and what its exit codes mean."""
    result = run(*command.split(), "--help")

    assert result.exit_code == 0
    assert "scandispatch " in result.output
    assert "Exit codes:" in result.output
