"""Exports of a million shuffled rows with repeats: peak memory of the process, and rows a second.

Each format runs in a process of its own, so that its peak resident memory, interpreter and all, is
its own. The rows come from a store that holds them as scanners sent them, in batches of a thousand;
one in ten is a repeat.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.rows import AT_MOST, Findings, Row
from cli.embedded import EmbeddedStore
from dispatch.exports import FORMS, Exports
from dispatch.places import Places
from queues.connection import open_redis
from queues.keys import SiteKeys
from queues.results import ResultStore
from queues.scans import ScanStore

ROWS = 1_000_000
SITE = SiteKeys("default")
SCAN = 1
BATCH = 1000
REPEATS = 10  # one row in so many
RECORD = {
    "spec": "{}", "job": '{"ports": "1-1000"}', "ports": 1000, "engine": "connect",
    "status": "completed", "created": 0, "since": 0, "finished": 0, "done": 0, "failed": 0,
}  # fmt: skip


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of 250 ports a host, as an agent sends them, in no order."""
    draw = random.Random(1)
    distinct = count - count // REPEATS
    order = [*range(distinct), *(draw.randrange(distinct) for _ in range(count - distinct))]
    draw.shuffle(order)
    for number in order:
        host, port = divmod(number, 250)
        yield {
            "host": f"10.{host >> 16}.{host >> 8 & 255}.{host & 255}",
            "port": port + 1,
            "protocol": "tcp",
            "state": "open",
            "service": "ssh",
            "banner": "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3",
            "observedAt": "2026-01-31T12:00:00.250Z",
        }


def fill(url: str, count: int) -> None:
    """Put the rows into the store, as the script for results does."""
    client = open_redis(url)
    client.hset(SITE.of("scan", SCAN), mapping=RECORD)  # type: ignore[arg-type]  # text and numbers
    batch: list[Any] = []
    for number, row in enumerate(rows(count), 1):
        batch.append(row)
        if len(batch) == BATCH or number == count:
            fields = {"task": 1, "scanner": 1, "attempt": 1, "late": "", "rows": json.dumps(batch)}
            client.xadd(SITE.of("scan", SCAN, "results"), fields)  # type: ignore[arg-type]
            batch = []


def peak_mb() -> float:
    """This process's peak resident memory, in MB; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def export(url: str, form: str, count: int) -> None:
    """One export; prints what it took, as JSON."""
    client = open_redis(url)
    exports = Exports(ScanStore(client), ResultStore(client), Places(1, retry_after_seconds=1))
    began = time.perf_counter()
    chunks = exports.open(SITE, SCAN, form).chunks
    size = len(next(chunks))
    first = time.perf_counter() - began
    size += sum(map(len, chunks))
    seconds = time.perf_counter() - began
    raw = f"{count / seconds:,.0f} rows/s, first byte after {first:.1f} s; {size:,} bytes exported"
    print(json.dumps({"peak": peak_mb(), "raw": raw}))


def measure(*, quick: bool, count: int = ROWS) -> Findings:
    """A row a format. A quick run exports a tenth."""
    found = Findings()
    count = count // 10 if quick else count
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedStore(Path(folder), persist=False) as store,
    ):
        fill(store.url, count)
        again = [sys.executable, "-m", "benchmarks.export", "--rows", str(count)]
        for form in FORMS:
            said = json.loads(
                subprocess.run(  # noqa: S603 - ours
                    [*again, "--export", store.url, form],
                    check=True,
                    stdout=subprocess.PIPE,
                ).stdout
            )
            what = f"peak memory, export of {count:,} shuffled rows with repeats, {form}"
            found.add(Row(what, said["peak"], AT_MOST, 100, "MB", said["raw"]))
    return found


def main() -> None:
    """Measure each format; or, for that, export in one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--export", nargs=2, metavar=("URL", "FORM"))
    options = parser.parse_args()
    if options.export:
        export(*options.export, options.rows)
    else:
        measure(quick=False, count=options.rows)


if __name__ == "__main__":
    main()
