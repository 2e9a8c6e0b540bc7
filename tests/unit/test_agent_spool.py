"""The spool on disk: bounded, locked, whole or not at all, numbered without a gap."""

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.errors import SpoolError
from agent.finding import Finding
from agent.findings import Findings
from agent.job import JobRef
from agent.keeping import Keeping
from agent.outbox import Outbox
from agent.spool import FINAL, Entry, Record, Spool
from agent.stream import Stream
from agent.verdict import Verdict

REF = JobRef(7, 1)
DONE = Record("complete", {"status": "completed"})


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "key", max_bytes=10_000)
    yield spool
    spool.close()


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"host": f"10.0.0.{n}"} for n in numbers]


def results(*numbers: int) -> Record:
    return Record("results", {"results": rows(*numbers)})


def stream(spool: Spool, *batches: tuple[int, ...]) -> Stream:
    made = Stream(REF, spool, [])
    for numbers in batches:
        made.append(results(*numbers), final=False, force=False)
    made.append(DONE, final=True, force=True)
    return made


def numbered(spool: Spool) -> dict[int, list[int]]:
    """What lies in the spool: the last bytes of the hosts of each batch, by its number."""
    found = {}
    for entry in spool.entries():
        record = spool.read(entry)
        hosts = record.body.get("results", []) if record else []
        found[entry.place] = [int(row["host"].rpartition(".")[2]) for row in hosts]
    return found


def test_entries_come_back_in_order(spool: Spool) -> None:
    """After a restart each attempt's batches come in order, its last word behind them."""
    for place in (FINAL, 10, 2):
        spool.write(Entry(7, 1, place), DONE)
    spool.write(Entry(6, 12, 1), DONE)

    assert [(e.job_id, e.place) for e in spool.entries()] == [(6, 1), (7, 2), (7, 10), (7, FINAL)]


def test_two_agents_do_not_share_a_folder(spool: Spool, tmp_path: Path) -> None:
    """A second agent with the same key is refused, with the reason, while the first lives."""
    with pytest.raises(SpoolError, match="another agent"):
        Spool(tmp_path / "key", max_bytes=1)
    spool.close()
    second = Spool(tmp_path / "key", max_bytes=1)

    assert second.entries() == []
    spool._directory = os.dup(second._directory)  # for the fixture to close
    second.close()


def test_an_unusable_folder_is_refused(tmp_path: Path) -> None:
    """A spool folder that is a file is refused with the reason."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(SpoolError, match="cannot be used"):
        Spool(tmp_path / "file", max_bytes=1)


@pytest.mark.parametrize("kept", range(0, 90, 7))
def test_a_torn_record_is_recognised(spool: Spool, tmp_path: Path, kept: int) -> None:
    """An entry cut short at any place reads as torn, not as something else."""
    entry = spool.write(Entry(7, 1, 1), Record("results", {"results": rows(1, 2, 3)}))
    assert entry
    path = tmp_path / "key" / entry.file_name
    path.write_bytes(path.read_bytes()[:kept])

    assert spool.read(entry) is None


def test_unfinished_files_of_a_crash_are_swept(tmp_path: Path) -> None:
    """What a crash left half-written is no entry, and is gone after the next start."""
    folder = tmp_path / "key"
    folder.mkdir()
    (folder / "7-1-1.entry.unfinished").write_text("half")
    (folder / "notes.txt").write_text("not ours")
    spool = Spool(folder, max_bytes=1)
    spool.close()

    assert spool.entries() == []
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_spool_is_bounded(tmp_path: Path) -> None:
    """A full spool takes no more results, still takes last words, and has room again later."""
    spool = Spool(tmp_path, max_bytes=200)
    first = spool.write(Entry(7, 1, 1), results(*range(5)))
    refused = spool.write(Entry(7, 1, 2), results(*range(5)))
    forced = spool.write(Entry(7, 1, FINAL), DONE, force=True)
    assert first
    assert forced
    spool.remove(first)
    spool.remove(forced)
    again = spool.write(Entry(7, 1, 2), results(*range(5)))
    spool.close()

    assert refused is None
    assert again is not None


def test_a_refused_batch_gives_its_number_away(spool: Spool) -> None:
    """The server does not count a batch that it refused: the next one takes its number."""
    made = stream(spool, (1,), (2,), (3,))
    made.acknowledged()
    made.drop()
    made.append(results(4), final=False, force=False)

    assert numbered(spool) == {2: [3], 3: [4], FINAL: []}


def test_a_split_batch_moves_those_behind_it(spool: Spool) -> None:
    """A batch that is too big becomes two, and numbers stay without a gap."""
    made = stream(spool, (1,), (2, 3, 4), (5,))
    made.acknowledged()

    assert made.split()
    assert made.first.place == 2
    assert numbered(spool) == {2: [2], 3: [3, 4], 4: [5], FINAL: []}
    made.append(results(6), final=False, force=False)

    assert numbered(spool)[5] == [6]


def test_what_cannot_be_divided_is_not_split(spool: Spool) -> None:
    """A batch of one result, and a last word, have no halves."""
    made = stream(spool, (1,))

    assert not made.split()
    made.acknowledged()

    assert not made.split()


def test_a_gap_is_closed_down_to_one(spool: Spool) -> None:
    """Where the server counts fewer batches, ours are renumbered; the first stays the first."""
    made = stream(spool, (1,), (2,))
    made.acknowledged()

    assert made.close_gap()
    assert numbered(spool) == {1: [2], FINAL: []}
    assert not made.close_gap()


def test_the_bound_holds_through_all_this(spool: Spool, tmp_path: Path) -> None:
    """Splitting, moving and removing leave the count of bytes as it is on disk."""
    made = stream(spool, (1, 2, 3, 4), (5,))
    made.split()
    made.acknowledged()
    made.drop()
    on_disk = sum(path.stat().st_size for path in (tmp_path / "key").iterdir())

    assert on_disk == spool._used


def test_a_failed_call_waits_and_others_overtake(spool: Spool) -> None:
    """After LATER an attempt rests for its Retry-After, and other attempts go on."""
    now = [0.0]
    outbox = Outbox(spool, now=lambda: now[0])
    outbox.put_final(REF, "complete", {})
    taken = outbox.take(0)
    assert taken
    outbox.postpone(taken[0], retry_after=5.0, all_streams=False)
    outbox.put_final(JobRef(8, 1), "complete", {})
    other = outbox.take(0)
    resting = outbox.take(0)
    now[0] = 6.0

    assert other is not None
    assert other[0].ref == JobRef(8, 1)
    assert resting is None
    assert outbox.take(0) is not None


def test_a_server_that_is_away_rests_all_attempts(spool: Spool) -> None:
    """What is the server's trouble pauses every attempt, so that a backlog does not storm it."""
    now = [0.0]
    outbox = Outbox(spool, now=lambda: now[0])
    for job_id in (7, 8):
        outbox.put_final(JobRef(job_id, 1), "complete", {})
    taken = outbox.take(0)
    assert taken
    outbox.postpone(taken[0], retry_after=5.0, all_streams=True)
    while_away = outbox.take(0)
    now[0] = 6.0

    assert while_away is None
    assert outbox.take(0) is not None


def test_a_full_disk_is_no_crash(spool: Spool, tmp_path: Path) -> None:
    """Where the disk takes nothing, results stay with the task."""
    outbox = Outbox(spool)
    (tmp_path / "key" / "7-1-1.entry.unfinished").mkdir()

    assert not outbox.put_results(REF, rows(1))


def test_a_replayed_attempt_goes_in_order(spool: Spool) -> None:
    """What a former run left is taken batch by batch, one at a time, and then forgotten."""
    stream(spool, (1,), (2,))
    outbox = Outbox(spool)
    places = []
    while taken := outbox.take(0):
        assert outbox.take(0) is None
        places.append(taken[0].first.place)
        outbox.settle(taken[0], Verdict.ACCEPTED)

    assert places == [1, 2, FINAL]
    assert spool.entries() == []
    assert outbox.backlog == 0


def test_in_a_hurry_only_safe_addresses_are_given_back_as_done(tmp_path: Path) -> None:
    """With the spool full and the agent stopping, only addresses whose results are safe count."""
    spool = Spool(tmp_path, max_bytes=80_000)
    findings = Findings()
    keeping = Keeping(REF, findings, Outbox(spool))
    for index in range(1100):
        findings.add(Finding(host=ipaddress.ip_address("127.0.0.1"), state="up"))
        findings.host_done(index)
    keeping.hurry.set()
    kept = keeping.keep_all()
    keeping.release()
    last = spool.read(spool.entries()[-1])
    spool.close()

    assert not kept
    assert last == Record("release", {"hostsDone": 0})
    assert len(spool.entries()) == 2
