"""What the rules draw from, and how a drawn number becomes a choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from tests.model.places import Place
from tests.model.records import Task
from tests.model.world import FINISHED, World

T = TypeVar("T")

numbers = st.integers(min_value=0, max_value=9999)
requests = st.sampled_from(["", "", "a", "b"])
asked = st.sampled_from([("", "")] * 5 + [("k", "1"), ("k", "2"), ("m", "1")])
limits = st.sampled_from([1, 2, 3, 5, 10])
segments = st.sampled_from([[1], [2], [5], [8], [16], [40], [64], [3, 4], [30, 34], [1, 20, 11]])
attempts = st.sampled_from(
    ["this"] * 4 + ["none", "none", "one before", "one before", "first", "next"]
)
callers = st.sampled_from(["holder"] * 6 + ["former", "former", "other"])
outcomes = st.sampled_from(["completed", "completed", "completed", "failed"])
engines = st.sampled_from(["", "", "connect", "connect,nmap", "nmap"])
words = st.sampled_from(["start", "progress", "results", "results", "complete", "release"])
wants = st.sampled_from([0, 0, 1, 2, 5])
states = st.sampled_from(["running", "running", "completed", "completed", "failed", "released"])
several_states = st.lists(states, max_size=4)
waits = st.sampled_from([1000, 20_000, 30_000])
several_words = st.lists(words, min_size=1, max_size=4)
specs = st.fixed_dictionaries(
    {
        "engine": st.sampled_from(["connect", "connect", "connect", "nmap"]),
        "ports": st.sampled_from([1, 1, 3]),
        "rate": st.sampled_from([None, None, None, 1, 6, 7]),
        "size": st.sampled_from([None, None, 1, 2, 5, 70]),
        "retry_failed": st.booleans(),
        "max_attempts": st.sampled_from([1, 2, 3]),
    }
)
EVERYTHING = Place("10.0.0.0/26", 0, 64)
LARGE = [
    EVERYTHING,
    Place("10.0.0.0/24", 0, 256),
    Place("10.0.0.0/27", 0, 32),
    Place("10.0.0.32/27", 32, 32),
]
MIDDLING = [
    Place("10.0.0.0/28", 0, 16),
    Place("10.0.0.0/29", 0, 8),
    Place("10.0.0.16/28", 16, 16),
    Place("10.0.0.48/29", 48, 8),
    Place("10.0.1.0/26", 256, 64),
]
SMALL = [
    Place("10.0.0.0/30", 0, 4),
    Place("10.0.0.4/30", 4, 4),
    Place("10.0.0.3/32", 3, 1),
    Place("10.0.0.20/31", 20, 2),
    Place("10.0.0.36/30", 36, 4),
    Place("10.0.1.0/28", 256, 16),
]
subnets = st.sampled_from(LARGE * 2 + MIDDLING * 2 + SMALL)
scopings = st.sampled_from(
    [("exclusion", place) for place in SMALL * 3 + MIDDLING]
    + [("scope", place) for place in LARGE * 2 + MIDDLING]
)
rates = st.sampled_from([1, 3, 3, 6, 6, 10, 30])
port_rates = st.sampled_from([None, 2, 5])
WITHOUT_RULES: list[tuple[str, Place, int | None]] = []
rulebooks = st.sampled_from(
    [
        WITHOUT_RULES,
        WITHOUT_RULES,
        [("subnet", LARGE[0], 6)],
        [("subnet", LARGE[0], 10), ("subnet", MIDDLING[0], 3)],
        [("subnet", LARGE[1], 10), ("subnet", LARGE[0], 10), ("subnet", LARGE[2], 6)],
        [("subnet", LARGE[2], 3), ("subnet", LARGE[3], 6), ("exclusion", SMALL[1], None)],
        [("subnet", MIDDLING[1], 3), ("subnet", SMALL[1], 1), ("scope", LARGE[1], None)],
    ]
)
machines = st.sampled_from([("", "")] * 4 + [("1", str(600 * 2**20)), ("2", str(6 * 2**20))])
fleets = st.sampled_from(
    [
        [{"set_targets": 40, "set_tasks": 5, "set_jobs": 3}, {}],
        [{"set_targets": 9, "set_tasks": 3, "set_jobs": 2}, {"set_tasks": 2}],
        [{"set_targets": 4, "set_tasks": 2, "set_jobs": 1}, {"rate": 9}, {"set_jobs": 2}],
    ]
)
changes = st.sampled_from(
    [
        {"set_targets": 40, "set_tasks": 5, "set_jobs": 3},
        {"set_targets": 9, "set_tasks": 3, "set_jobs": 2},
        {"set_targets": 1, "set_tasks": 1, "set_jobs": 1},
        {"set_targets": "", "set_tasks": "", "set_jobs": ""},
        {"set_tasks": 1, "set_jobs": 2},
        {"set_jobs": 3},
        {"rate": 9},
        {"rate": ""},
        {"drain": 1},
        {"drain": 0},
        {"drain": 0, "enabled": 1},
        {"enabled": 0},
        {"enabled": 1},
    ]
)
seconds = st.sampled_from([1, 5, 25, 25, 65, 130, 450])
scan_calls = st.sampled_from(
    ["pause_scan", "resume_scan", "resume_scan", "cancel_scan", "delete_scan"]
)
upkeep = st.sampled_from(["sweep_all", "check_stalls", "mark_offline", "check_scans"])


def pick(items: Iterable[T], number: int) -> T:
    """One of them, by a drawn number."""
    among = list(items)
    return among[number % len(among)]


def some(items: Sequence[T], number: int, most: int) -> list[T]:
    """Some of them, in some order, by a drawn number."""
    rest, chosen = list(items), []
    for _ in range(min(len(rest), number % (most + 1))):
        number = number * 7 // 3 + 1
        chosen.append(rest.pop(number % len(rest)))
    return chosen


def around(address: int) -> Place:
    """A few addresses, with this one among them."""
    return Place(f"10.0.0.{address // 4 * 4}/30", address // 4 * 4, 4)


def pick_task(world: World, number: int) -> Task | None:
    """One that is out, most often."""
    held = [task for task in world.tasks.values() if task.held]
    among = held if held and number % 8 else list(world.tasks.values())
    return pick(among, number // 8) if among else None


def pick_scan(world: World, call: str, number: int) -> int | None:
    """One that the call fits, most often."""
    fit = [scan.id for scan in world.scans.values() if _fits(call, scan.status)]
    among = fit if fit and number % 6 else list(world.scans)
    return pick(among, number // 6) if among else None


def _fits(call: str, status: str) -> bool:
    if call == "delete_scan":
        return status in FINISHED
    if call == "resume_scan":
        return status in {"pausing", "paused"}
    return status not in FINISHED
