"""Where scripts run: as functions that the server keeps, or by EVALSHA where it keeps none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from redis.exceptions import ResponseError

from queues import scripts as module
from queues.exchange import Report
from queues.keys import SiteKeys
from queues.pool import ask
from queues.scanners import ScannerStore
from queues.scripts import LIBRARIES_KEPT, SECONDS_WITHOUT, Scripts, digest
from queues.sources import LIBRARIES, library
from tests.integration.conftest import Site
from tests.integration.parking import Process, end, own, scanners, started, tasks

ASKED = ("explain", SiteKeys("default"), 1, 100, 1)
REFUSALS = {
    "no room": "command not allowed when used memory > 'maxmemory'.",
    "Redis 6": "unknown command 'FUNCTION', with args beginning with: 'LOAD'",
    "no right": "User app has no permissions to run the 'function|load' command",
}


@pytest.fixture
def forgetful(client: redis.Redis) -> Iterator[redis.Redis]:
    """A server that knows no function and no script, and whose statistics are new."""
    client.function_flush("SYNC")
    client.script_flush()
    client.config_resetstat()
    yield client
    client.function_flush("SYNC")


def commands(client: redis.Redis) -> dict[str, int]:
    """How many of which were run."""
    stats = client.info("commandstats")
    names = ("fcall", "function|load", "evalsha", "eval")
    return {name: stats[f"cmdstat_{name}"]["calls"] for name in names if f"cmdstat_{name}" in stats}


def test_the_first_call_loads_the_library(forgetful: redis.Redis) -> None:
    """Also after a restart without persistence, or FUNCTION FLUSH."""
    scripts = Scripts(forgetful)
    first = scripts.run(*ASKED)

    assert [scripts.run(*ASKED) for _ in range(2)] == [first, first]
    assert commands(forgetful) == {"fcall": 4, "function|load": 1}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
def test_a_server_that_takes_no_functions(
    forgetful: redis.Redis, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    """Scripts are run by EVALSHA; after a minute functions are tried again."""

    def refuse(client: redis.Redis, *command: str | int) -> object:
        if command[0] == "FUNCTION":
            raise ResponseError(refusal)
        return ask(client, *command)

    scripts = Scripts(forgetful)
    with monkeypatch.context() as patched:
        patched.setattr(module, "ask", refuse)
        answers = [scripts.run(*ASKED) for _ in range(3)]
    assert commands(forgetful) == {"fcall": 1, "evalsha": 3, "eval": 1}

    later = module.monotonic() + SECONDS_WITHOUT
    monkeypatch.setattr(module, "monotonic", lambda: later)
    answers.append(scripts.run(*ASKED))
    assert commands(forgetful) == {"fcall": 3, "function|load": 1, "evalsha": 3, "eval": 1}
    assert answers == answers[:1] * 4


def test_an_error_of_a_function_is_not_run_again(forgetful: redis.Redis) -> None:
    """Only where there was no function is another way tried."""
    forgetful.set("sd:{default}:scan:1", "no hash")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        Scripts(forgetful).run(*ASKED)
    assert commands(forgetful) == {"fcall": 2, "function|load": 1}


@pytest.mark.parametrize("way", ["FCALL", "EVALSHA"])
def test_a_prepared_script_is_known(
    forgetful: redis.Redis, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The server has it when a pipeline is sent."""
    scripts = Scripts(forgetful)
    if way == "EVALSHA":
        monkeypatch.setattr(scripts, "_load_library", lambda: False)
    command = scripts.prepared("explain")

    assert command[0] == way
    assert forgetful.execute_command(*command, 1, "sd:{default}", "", 1, 100, 1) == ["", ""]
    assert forgetful.script_exists(digest("explain")) == [way == "EVALSHA"]


def test_libraries_of_few_versions_are_kept(forgetful: redis.Redis) -> None:
    """What other versions have left goes, other people's libraries do not."""
    code = "redis.register_function('{0}', function() return 1 end)"
    names = [f"{LIBRARIES}{n}" for n in range(LIBRARIES_KEPT)]
    for name in [*names, "theirs"]:
        forgetful.function_load(f"#!lua name={name}\n{code.format(name)}")
    Scripts(forgetful).run(*ASKED)

    kept = forgetful.function_list()
    assert {row["library_name"] if isinstance(row, dict) else row[1] for row in kept} == {
        library().name,
        "theirs",
    }


def test_a_library_that_is_there_is_not_made_anew(forgetful: redis.Redis) -> None:
    """By many calls that find it missing at once, nor at the end of a process."""
    first, second = Scripts(forgetful), Scripts(forgetful)
    first.prepared("explain")
    forgetful.config_resetstat()
    second.prepared("explain")

    assert forgetful.info("commandstats")["cmdstat_function|load"]["failed_calls"] == 1
    assert second.run(*ASKED) == first.run(*ASKED)


def test_who_may_not_forget_has_its_functions(
    forgetful: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may have forgotten old versions meanwhile."""

    def refuse(client: redis.Redis, *command: str | int) -> object:
        if command[:2] == ("FUNCTION", "LIST"):
            raise ResponseError("Library not found")
        return ask(client, *command)

    monkeypatch.setattr(module, "ask", refuse)

    assert Scripts(forgetful).prepared("explain")[0] == "FCALL"


def test_what_a_failed_call_had_begun_is_nobodys(site: Site) -> None:
    """The next call writes nothing of it, and calls nobody for it."""
    one, other = scanners(site, set_tasks=2)
    scan, process = tasks(site, 1, own(one)), Process(site)
    lease = started(site, one)
    process.park(one)
    running, moved = site.keys.of("scans", "running"), site.keys.of("scans", "moved")

    def kept() -> object:
        places = [site.keys.of("scan", scan, part) for part in ("done", "finished")]
        held = site.client.zrange(site.keys.of("leases"), 0, -1)
        return site.record(scan), site.client.exists(*places), held

    before = kept()
    site.client.rename(running, moved)
    site.client.set(running, "no set")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        end(site, one, lease)
    site.client.rename(moved, running)
    site.tasks.sync(other, 0, "", Report(), [])

    assert (kept(), process.called()) == (before, [])
    end(site, one, lease)
    assert site.record(scan)["status"] == "completed"
    assert process.called() == [one.scanner]


def test_without_a_clock_of_its_own_a_script_asks_the_server(client: redis.Redis) -> None:
    """For the milliseconds since 1970."""
    keys, scanners_of = SiteKeys("default"), ScannerStore(client)
    before = scanners_of.now_ms()
    scanner, _ = scanners_of.save(keys, None, {"name": "s"}, groups=[])
    record = scanners_of.get(keys, scanner)

    assert record is not None
    assert before <= int(record["created"]) <= scanners_of.now_ms()
