"""More callers than connections, at once, in threads or in greenlets; says as JSON how they fared.

usage: python -m tests.integration.crowd WHAT                           (in threads)
       python -m gevent.monkey --module tests.integration.crowd WHAT    (in greenlets)
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import redis

from cli.embedded import EmbeddedStore
from queues import connection
from queues.connection import MAX_CONNECTIONS, open_redis
from queues.pool import ask
from workers import store_socket

CALLERS = 2 * MAX_CONNECTIONS
ANSWERS = 10
PATIENCE_SECONDS = 20
WAIT_SECONDS, ANSWER_SECONDS, LOAD_SECONDS = 1, 2, 3  # the last: of a machine that is busy


def all_get_on(store: EmbeddedStore) -> list[str]:
    """Each asks again at once, until each has had its answers; what went wrong."""
    client = open_redis(store.url)
    counts, faults = [0] * CALLERS, list[str]()

    def call(caller: int) -> None:
        try:
            while min(counts) < ANSWERS and not faults:
                word = f"{caller}:{counts[caller]}"
                if (answer := ask(client, "ECHO", word)) != word:
                    faults.append(f"{answer} for {word}")
                counts[caller] += 1
        except redis.RedisError as error:
            faults.append(str(error))

    _together(CALLERS, call)
    return faults + _leaks(client)


def quick_pass_slow(store: EmbeddedStore) -> list[str]:
    """All connections come back in one turn, to many who wait; the first has a slow call."""
    client, other = open_redis(store.url), open_redis(store.url)
    held = [client.connection_pool.get_connection() for _ in range(MAX_CONNECTIONS)]
    answered, faults = threading.Semaphore(0), list[str]()

    def call(caller: int) -> None:
        try:
            ask(client, *(("ECHO", caller) if caller else ("BLPOP", "others are answered", 0)))
            answered.release()
        except redis.RedisError as error:
            faults.append(str(error))

    callers = _spawn(CALLERS, call)
    _until(lambda: len(client.connection_pool.pool._waiting) == CALLERS)
    for each in held:
        client.connection_pool.release(each)
    late = sum(not answered.acquire(timeout=2) for _ in range(CALLERS - 1))
    ask(other, "RPUSH", "others are answered", 1)
    _join(callers)
    return faults + ["late"] * late + _leaks(client)


def errors_then_whole(store: EmbeddedStore) -> list[str]:
    """The store does not answer: each has an error in time. When it answers again, all is well."""
    connection.WAIT_FOR_CONNECTION_SECONDS = WAIT_SECONDS
    connection.ANSWER_SECONDS = ANSWER_SECONDS
    client = open_redis(store.url)
    ask(client, "PING")
    waited = list[float]()

    def call(_: int) -> None:
        began = time.monotonic()
        try:
            ask(client, "PING")
        except (redis.ConnectionError, redis.TimeoutError):
            waited.append(time.monotonic() - began)

    os.kill(store.pid, signal.SIGSTOP)
    _together(CALLERS, call)
    os.kill(store.pid, signal.SIGCONT)
    most = WAIT_SECONDS + ANSWER_SECONDS + LOAD_SECONDS
    faults = [f"{seconds:.1f} s" for seconds in waited if seconds > most]
    faults += ["no error"] * (CALLERS - len(waited))
    client.connection_pool.timeout = PATIENCE_SECONDS
    answers = list[str]()
    _together(CALLERS, lambda _: answers.append(ask(client, "PING")))
    return faults + ["no answer"] * (CALLERS - answers.count("PONG")) + _leaks(client)


def killed(store: EmbeddedStore) -> list[str]:
    """Greenlets that wait for an answer, or for a connection, or were just given one, are killed.

    Nobody has an answer of theirs.
    """
    client = open_redis(store.url)
    faults = list[str]()
    for turn in range(20):
        callers = [gevent.spawn(ask, client, "ECHO", "theirs") for _ in range(CALLERS)]
        for _ in range(turn % 5):
            gevent.sleep(0)
        gevent.killall(callers, block=turn % 2 == 0)
        faults += [word for word in map(str, range(9)) if ask(client, "ECHO", word) != word]
        gevent.joinall(callers)
    return faults + _leaks(client)


def _together(count: int, call: Callable[[int], object]) -> None:
    _join(_spawn(count, call))


def _spawn(count: int, call: Callable[[int], object]) -> list[threading.Thread]:
    callers = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for caller in callers:
        caller.start()
    return callers


def _join(callers: list[threading.Thread]) -> None:
    for caller in callers:
        caller.join(PATIENCE_SECONDS)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def _leaks(client: redis.Redis) -> list[str]:
    """How many connections have not come back, if any."""
    missing = MAX_CONNECTIONS - len(client.connection_pool.pool.queue)
    return [f"{missing} connections are missing"] if missing else []


if __name__ == "__main__":
    store_socket.install()  # for those of gevent
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore(Path(folder)) as store:
        print(json.dumps(globals()[sys.argv[1]](store)))  # noqa: T201 - this is what it is for
