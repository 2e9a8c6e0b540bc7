"""The spool on disk: bounded, locked, whole or not at all, numbered without a gap."""

import ipaddress
import math
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
    assert made.head[0].place == 2
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


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Read it."""
        return self.now


def said(outbox: Outbox, most_bytes: int = 10**6) -> list[tuple[int, str, int | None]]:
    """Job, state and batch of each letter that is due."""
    fields = [(letter.ref.job_id, letter.as_json()) for letter in outbox.letters(most_bytes)]
    return [(job_id, body["state"], body.get("batch")) for job_id, body in fields]


def test_a_letter_rests_and_others_overtake(spool: Spool) -> None:
    """After LATER an attempt rests for its Retry-After, more of it or not; others go on."""
    clock = Clock()
    outbox = Outbox(spool, now=clock)
    outbox.put_results(REF, rows(1))
    clock.now = 1.0
    outbox.settle(outbox.letters(1)[0], Verdict.LATER, retry_after=5.0)
    outbox.put_final(REF, "complete", {"status": "completed"})
    outbox.put_final(JobRef(8, 1), "release", {"hostsDone": 1})
    clock.now = 5.9
    resting = said(outbox)
    clock.now = 7.0

    assert resting == [(8, "released", None)]
    assert (7, "completed", 1) in said(outbox)


def test_results_wait_for_their_last_word(spool: Spool) -> None:
    """A batch waits a little, so that it goes with others; its task's last word makes it due."""
    clock = Clock()
    outbox = Outbox(spool, now=clock)
    outbox.put_results(REF, rows(1))
    outbox.put_results(REF, rows(2))
    outbox.put_results(JobRef(8, 1), rows(1))
    at_first = said(outbox)
    clock.now = 0.1
    outbox.put_final(REF, "complete", {"status": "failed", "errorMessage": "no"})
    with_the_last_word = said(outbox)
    outbox.settle(outbox.letters(1)[0], Verdict.ACCEPTED)
    clock.now = 0.2

    assert at_first == []
    assert with_the_last_word == [(7, "running", 1)]
    assert said(outbox) == [(7, "failed", 2), (8, "running", 1)]


def test_a_last_word_is_due_when_its_task_is_over(spool: Spool) -> None:
    """Its slot is free by then, so that the call which tells it asks for the next."""
    outbox = Outbox(spool)
    outbox.open(REF)
    outbox.put_final(REF, "complete", {"status": "completed"})
    before = said(outbox), outbox.backlog, outbox.due_at
    outbox.close(REF)

    assert before == ([], 1, math.inf)
    assert said(outbox) == [(7, "completed", None)]


def test_results_are_news_and_a_last_word_is_its_task_s(spool: Spool) -> None:
    """Whoever waits looks up for results; for a last word when its task has freed its slot."""
    outbox = Outbox(spool)
    outbox.put_results(REF, rows(1))
    for_results = outbox.news.is_set()
    outbox.news.clear()
    outbox.put_final(REF, "complete", {"status": "completed"})

    assert for_results
    assert not outbox.news.is_set()


def test_a_call_is_bounded_and_nobody_starves(spool: Spool) -> None:
    """Letters go as far as there is room, at least one, those that were not taken first next."""
    clock = Clock()
    outbox = Outbox(spool, now=clock)
    for job_id in (1, 2, 3):
        outbox.put_results(JobRef(job_id, 1), rows(*range(9)))
        outbox.put_results(JobRef(job_id, 1), rows(*range(9)))
        clock.now += 0.001
    clock.now = 1.0
    size = outbox.letters(1)[0].size
    turns = []
    while letters := outbox.letters(2 * size):
        turns.append([letter.ref.job_id for letter in letters])
        for letter in letters:
            outbox.settle(letter, Verdict.ACCEPTED)
        clock.now += 1.0

    assert turns == [[1, 2], [3, 1], [2, 3]]


def test_of_two_attempts_one_goes_at_a_time(spool: Spool) -> None:
    """An answer names jobs only, so a call has never two attempts at one."""
    outbox = Outbox(spool)
    outbox.put_final(JobRef(7, 1), "release", {"hostsDone": 0})
    outbox.put_final(JobRef(7, 2), "complete", {"status": "completed"})
    first = outbox.letters(10**6)
    outbox.settle(first[0], Verdict.LOST)
    second = outbox.letters(10**6)

    assert [letter.ref for letter in first + second] == [JobRef(7, 1), JobRef(7, 2)]


def test_two_that_were_refused_together_go_one_by_one(spool: Spool) -> None:
    """Whether the batch or the last word was meant will show: nothing is dropped for another."""
    outbox = Outbox(spool)
    outbox.put_results(REF, rows(1))
    outbox.put_final(REF, "release", {"hostsDone": 99})
    taken = []
    for verdict in (Verdict.SPLIT, Verdict.ACCEPTED, Verdict.SPLIT):
        letter = outbox.letters(1)[0]
        taken.append([entry.place for entry in letter.entries])
        outbox.settle(letter, verdict)

    assert taken == [[1, FINAL], [1], [FINAL]]
    assert outbox.backlog == 0


def test_what_is_torn_is_left_out(spool: Spool, tmp_path: Path) -> None:
    """Of a torn batch and a torn last word nothing is said; what is whole goes, renumbered."""
    stream(spool, (1,), (2,))
    for place in (1, FINAL):
        path = tmp_path / "key" / f"7-1-{place}.entry"
        path.write_bytes(path.read_bytes()[:-1])
    outbox = Outbox(spool)

    assert said(outbox) == [(7, "running", 1)]
    assert numbered(spool) == {1: [2]}


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
    while letters := outbox.letters(10**6):
        places.append([entry.place for entry in letters[0].entries])
        outbox.settle(letters[0], Verdict.ACCEPTED)

    assert places == [[1], [2, FINAL]]
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
