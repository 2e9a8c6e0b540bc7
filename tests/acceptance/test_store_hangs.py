"""A store that hangs, and more calls than the ingest has connections to it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path

import pytest

from queues.connection import ANSWER_SECONDS, MAX_CONNECTIONS, WAIT_FOR_CONNECTION_SECONDS
from tests.acceptance.polling import Answer, Client, Fleet
from tests.acceptance.running_up import RunningUp

MORE = 64
CALLERS = MAX_CONNECTIONS + MORE
OTHERS = 4  # connections that the ingest may need for itself


@pytest.fixture
def up(tmp_path: Path) -> Iterator[RunningUp]:
    with RunningUp(tmp_path / "data", "--workers", "1") as running:
        yield running


def call(client: Client) -> Answer:
    client.send("/scanner/jobs")
    return client.answer()


def test_a_connection_is_waited_for_for_a_bounded_time(up: RunningUp) -> None:
    """Whoever gets none is told to come again; all others are answered once the store goes on."""
    fleet = Fleet(up)
    key, store = fleet.scanner().key, up.one("store").pid
    clients = [Client(up, key) for _ in range(CALLERS)]
    with ThreadPoolExecutor(CALLERS) as crowd:
        before = list(crowd.map(call, clients))
        os.kill(store, signal.SIGSTOP)
        began = time.monotonic()
        calls = [crowd.submit(call, client) for client in clients]
        refused = [done.result() for done in islice(as_completed(calls), MORE)]
        seconds = time.monotonic() - began
        os.kill(store, signal.SIGCONT)
        said = [each.result() for each in calls]
        after = list(crowd.map(call, clients))
    for client in clients:
        client.hang_up()
    fleet.close()

    assert WAIT_FOR_CONNECTION_SECONDS <= seconds < ANSWER_SECONDS
    assert {json.loads(answer.body)["code"] for answer in refused} == {"STORE_UNAVAILABLE"}
    assert sum(answer.status == 503 for answer in said) <= MORE + OTHERS
    assert {answer.status for answer in said} == {200, 503}
    assert {answer.status for answer in before + after} == {200}
