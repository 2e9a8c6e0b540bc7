"""Measures whether a limit holds: three agents, many tasks, counted where their probes arrive.

A server and three agents, each a real process, scan a subnet of this machine's loopback that is
limited to 300 probes a second. Tasks are short, so what is granted changes hands all the time. No
sliding second may have more than 315, and the mean from first to last is 270 or more.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.listener import Arrivals, listening
from benchmarks.rows import AT_LEAST, AT_MOST, Findings, Row
from cli.client import ApiClient, Document
from cli.connection import find_connection
from cli.errors import CliError
from demo import fleet

LIMIT = 300  # probes a second
MOST_IN_A_SECOND = 315
LEAST_MEAN = 270
AGENTS = 3
ENGINES = ("connect", "nmap")
NETWORK = "127.20.30.0/24"
ADDRESSES = 256
LOOK_SECONDS = 0.5
READY_SECONDS = 30.0
PATIENCE = 4  # times the expected duration
UNFINISHED = {"pending", "running"}


@contextmanager
def server(folder: Path, *, task_seconds: int) -> Iterator[ApiClient]:
    """A server with short tasks, and the client of its operator."""
    data = folder / fleet.DATA
    settings = {**fleet.QUICK, "TASK_SECONDS": task_seconds}
    with fleet.running(
        folder / "up.log", "up", "--port", "0", "--data", str(data), **settings
    ) as process:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(data):
            assert process.poll() is None, (folder / "up.log").read_text()
            assert time.monotonic() < deadline, "the server was not ready in time"
            time.sleep(LOOK_SECONDS)
        with ApiClient(find_connection(None, None, data)) as api:
            yield api


def _answers(data: Path) -> bool:
    try:
        with ApiClient(find_connection(None, None, data), tries=1) as api:
            api.get("/api/scanners", limit=1)
    except CliError:
        return False
    return True


@contextmanager
def agents(api: ApiClient, folder: Path) -> Iterator[list[Document]]:
    """Three scanners at work; as the server made them."""
    with ExitStack() as stack:
        scanners = [fleet.register(api, f"rate-{number}") for number in range(AGENTS)]
        at_work = [stack.enter_context(fleet.agent(api, each, folder)) for each in scanners]
        fleet.wait_for_agents(api, at_work, folder)
        yield scanners


def scan(api: ApiClient, scanners: list[Document], ports: str, chosen: argparse.Namespace) -> str:
    """Begin the scan; answers its path."""
    group = api.post(
        "/api/groups",
        {"name": "rates", "scannerIds": [each["scannerId"] for each in scanners]},
    )
    asked = {
        "targets": [NETWORK],
        "ports": ports,
        "engine": chosen.engine,
        "groupIds": [group["groupId"]],
    }
    if chosen.limit_of == "subnet":
        api.post("/api/subnets", {"cidr": NETWORK, "maxProbesPerSecond": LIMIT})
    else:
        asked["maxProbesPerSecond"] = LIMIT
    return f"/api/scans/{api.post('/api/scans', asked)['scanId']}"


def follow(api: ApiClient, path: str, *, seconds: float) -> Document:
    """The scan when it has ended."""
    deadline = time.monotonic() + PATIENCE * seconds
    while (now := api.get(path))["status"] in UNFINISHED:
        assert time.monotonic() < deadline, f"not done in time: {now}"
        time.sleep(LOOK_SECONDS)
    return now


def report(arrivals: Arrivals, tasks: list[Document]) -> None:
    """Say what was measured."""
    hosts: Counter[int] = Counter()
    for task in tasks:
        hosts[task["scannerId"]] += task["hosts"]
    rates = Counter(task["maxProbesPerSecond"] for task in tasks)
    fewest, most = arrivals.extremes(5.0)
    print(f"probes             {len(arrivals.times)} in {arrivals.busy_seconds:.1f} s")
    print(f"most in a second   {arrivals.most_within(1.0)}   (at most {MOST_IN_A_SECOND})")
    print(f"mean a second      {arrivals.mean:.1f}   (at least {LEAST_MEAN})")
    print(f"over any 5 s       {fewest / 5:.1f} to {most / 5:.1f} a second")
    print(f"second by second   {' '.join(map(str, arrivals.by_second()))}")
    print(f"tasks              {len(tasks)}, by rate granted: {dict(sorted(rates.items()))}")
    for scanner, count in sorted(hosts.items()):
        print(f"scanner {scanner:<10} {count} addresses, {count / sum(hosts.values()):.0%}")


def judged(arrivals: Arrivals, chosen: argparse.Namespace) -> Iterator[Row]:
    """Whether the limit held, and was used."""
    limit = f"{LIMIT} probes/s on a {chosen.limit_of}, three agents, {chosen.engine}"
    fewest, most = arrivals.extremes(5.0)
    raw = f"{len(arrivals.times):,} probes; over any 5 s {fewest / 5:.0f} to {most / 5:.0f}/s"
    busiest = arrivals.most_within(1.0)
    yield Row(f"{limit}: in any second", busiest, AT_MOST, MOST_IN_A_SECOND, "probes", raw)
    yield Row(f"{limit}: mean", arrivals.mean, AT_LEAST, LEAST_MEAN, "/s")


def run(chosen: argparse.Namespace) -> list[Row]:
    """Run the whole."""
    ports = math.ceil(chosen.seconds * LIMIT / ADDRESSES)
    with TemporaryDirectory() as name, listening(ports=ports) as listener:
        folder = Path(name)
        with (
            server(folder, task_seconds=chosen.task_seconds) as api,
            agents(api, folder) as scanners,
        ):
            path = scan(api, scanners, ",".join(map(str, listener.ports)), chosen)
            ended = follow(api, path, seconds=chosen.seconds)
            tasks = list(api.each(f"{path}/tasks", limit=100))
        arrivals = listener.stop()
    print(f"{chosen.engine}, {LIMIT} a second on a {chosen.limit_of}: {ended['status']}")
    report(arrivals, tasks)
    return list(judged(arrivals, chosen))


def measure(*, quick: bool) -> Findings:
    """Two rows an engine. A quick run leaves out nmap."""
    found = Findings()
    for engine in ENGINES[:1] if quick else ENGINES:
        for row in run(options().parse_args(["--engine", engine])):
            found.add(row)
    return found


def options() -> argparse.ArgumentParser:
    """What can be chosen."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--task-seconds", type=int, default=5)
    parser.add_argument("--limit-of", choices=["subnet", "scan"], default="subnet")
    return parser


def main() -> int:
    """Read the options and measure; exit 1 where the limit was passed, or not used."""
    rows = run(options().parse_args())
    print("\n".join(map(str, rows)))
    return int(not all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
