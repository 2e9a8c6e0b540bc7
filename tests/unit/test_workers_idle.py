"""workers.idle: whoever waits for too long is ended, and nobody who has begun to work."""

from __future__ import annotations

import gevent
from gevent.event import Event

from workers.idle import Idle

MANY = 5000


def test_only_who_has_waited_long_enough_is_ended() -> None:
    """By the clock it was given."""
    clock = [0.0]
    idle, ended = Idle(now=lambda: clock[0]), []

    def wait(name: str) -> None:
        with idle:
            gevent.sleep(60)
        ended.append(name)

    early = gevent.spawn(wait, "early")
    gevent.sleep(0)
    clock[0] = 50.0
    late = gevent.spawn(wait, "late")
    gevent.sleep(0)
    clock[0] = 80.0
    idle.end(75.0)
    early.join(5)

    assert ended == ["early"]
    assert len(idle) == 1
    late.kill()


def test_who_begins_to_work_meanwhile_is_left_alone() -> None:
    """Between being found idle and being ended its request may come."""
    idle, comes, done = Idle(), Event(), []

    def serve() -> None:
        with idle:
            comes.wait()
        gevent.sleep(0.01)
        done.append("answered")

    running = gevent.spawn(serve)
    gevent.sleep(0)
    comes.set()
    idle.end()
    running.join(5)

    assert done == ["answered"]


def test_of_many_none_is_ended_once_its_request_has_come() -> None:
    """All come right after all were found to have waited for too long: no wait ends after that."""
    idle, comes = Idle(), Event()

    def serve() -> str:
        came = False
        with idle:
            comes.wait()
            came = True
        gevent.sleep(0)
        return "answered" if came else "ended"

    serving = [gevent.spawn(serve) for _ in range(MANY)]
    while len(idle) < MANY:
        gevent.sleep(0)
    idle.end()
    comes.set()

    assert {each.get(timeout=30) for each in serving} <= {"answered", "ended"}
    assert len(idle) == 0
