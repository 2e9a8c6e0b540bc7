"""Runs the store beside its model for 20,000 lives of 50 steps, in two processes."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 2
TEST = (
    "tests/model/test_model.py",
    "--hypothesis-profile=soak",
    "-q",
    "-s",
    "-p",
    "no:cacheprovider",
)


def run(seed: int) -> subprocess.Popen[str]:
    """One process, whose words are passed on with its seed before them."""
    command = [sys.executable, "-m", "pytest", *TEST, f"--hypothesis-seed={seed}"]
    return subprocess.Popen(  # noqa: S603 - ours
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def pass_on(seed: int, process: subprocess.Popen[str]) -> None:
    """Every line, as it comes."""
    for line in process.stdout or ():
        print(f"seed {seed}: {line}", end="", flush=True)


def main() -> int:
    """Exits with 1 when a life did not go as the model's."""
    began = time.monotonic()
    given = [int(seed) for seed in sys.argv[1:]]
    seeds = given or [secrets.randbelow(10**6) for _ in range(PROCESSES)]
    processes = {seed: run(seed) for seed in seeds}
    tellers = [threading.Thread(target=pass_on, args=pair) for pair in processes.items()]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join()
    failed = [seed for seed, process in processes.items() if process.wait() != 0]
    print(f"soak: {time.monotonic() - began:.0f} s, seeds {seeds}, failed {failed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
