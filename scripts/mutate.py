"""Breaks each script in one place, in a copy of the tree, and sees that the tests notice.

usage: scripts/mutate.py [WORD …]    only the mutations whose file or name has one of the words
Exits with 1 where a mutation survives, no longer applies, or does not compile.
"""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUTATIONS = ROOT / "tests" / "mutations"
SCRIPTS = Path("queues", "lua")
WORKERS = 2
NOT_COPIED = (
    *(".git", ".venv", ".bench", ".data", ".hypothesis"),
    *("__pycache__", ".*_cache", "*.egg-info"),
)
INTEGRATION = (
    *("recutting", "waiting", "setting_aside", "budgets", "leases", "dispatching", "slicing"),
    *("operators_and_queues", "store_promises", "retired_queues", "patience", "rules_store"),
    *("exports_store", "large_scans", "sync_runs", "sync", "full_store", "called_polls"),
    *("wakeups", "functions"),
)
TESTS = (  # the quick ones first
    *(f"tests/integration/test_{name}.py" for name in INTEGRATION),
    *("tests/unit/test_sources.py", "tests/model"),
    *("--hypothesis-profile=mutant", "--hypothesis-seed=0"),
)
PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider")
SECONDS_AT_MOST = 300


@dataclass(frozen=True)
class Mutation:
    """One place of one script, and what it becomes."""

    file: str
    name: str
    promise: str
    old: str
    new: str

    def apply(self, tree: Path) -> bool:
        """Write it into a tree; False where its place is not there, or not there once."""
        path = tree / SCRIPTS / self.file
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")
        return text.count(self.old) == 1


@dataclass(frozen=True)
class Verdict:
    """How a mutation fared. by: the test that failed, or why it counts as not noticed."""

    mutation: Mutation
    killed: bool
    by: str
    seconds: float


def read(words: list[str]) -> list[Mutation]:
    """All mutations, or those with one of these words in file or name."""
    found = [
        Mutation(**fields)
        for path in sorted(MUTATIONS.glob("*.toml"))
        for fields in tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
    ]
    return [m for m in found if not words or any(w in f"{m.file} {m.name}" for w in words)]


def untouched(mutations: list[Mutation]) -> list[str]:
    """The scripts and steps that no mutation breaks."""
    scripts = ROOT / SCRIPTS
    everything = {str(path.relative_to(scripts)) for path in scripts.rglob("*.lua")}
    return sorted(everything - {mutation.file for mutation in mutations})


def copy(folder: Path) -> Path:
    """The tree as it is now."""
    return Path(
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    )


def restore(original: Path, tree: Path, file: str) -> None:
    """Take a mutation out again."""
    shutil.copyfile(original / SCRIPTS / file, tree / SCRIPTS / file)


def run_tests(tree: Path) -> tuple[bool, str]:
    """Whether the tests of a tree pass, and what the first failure was."""
    command = [*PYTEST, *TESTS]
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command, cwd=tree, capture_output=True, text=True, timeout=SECONDS_AT_MOST, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"no end within {SECONDS_AT_MOST} s"
    if "Error compiling" in done.stdout:
        return True, "DOES NOT COMPILE"
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return done.returncode == 0, failed[0].split()[1].rpartition("::")[2] if failed else ""


def judge(mutation: Mutation, original: Path, tree: Path) -> Verdict:
    """Try one mutation."""
    began = time.monotonic()
    if mutation.apply(tree):
        survived, by = run_tests(tree)
    else:
        survived, by = True, "DOES NOT APPLY"
    restore(original, tree, mutation.file)
    return Verdict(mutation, not survived, by or "SURVIVED", time.monotonic() - began)


def judge_all(mutations: list[Mutation], original: Path, folder: Path) -> list[Verdict]:
    """Try all of them, WORKERS at a time."""
    waiting: queue.SimpleQueue[Mutation] = queue.SimpleQueue()
    for mutation in mutations:
        waiting.put(mutation)
    verdicts: list[Verdict] = []
    began = time.monotonic()

    def work(tree: Path) -> None:
        while len(verdicts) < len(mutations):
            try:
                mutation = waiting.get_nowait()
            except queue.Empty:
                return
            verdicts.append(judge(mutation, original, tree))
            tell(verdicts, len(mutations), time.monotonic() - began)

    trees = [copy(folder / str(number)) for number in range(WORKERS)]
    workers = [threading.Thread(target=work, args=(tree,)) for tree in trees]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return verdicts


def tell(verdicts: list[Verdict], total: int, passed: float) -> None:
    """One line of progress."""
    left = passed / len(verdicts) * (total - len(verdicts))
    last = verdicts[-1]
    print(
        f"{len(verdicts):3}/{total} {left:4.0f} s left  {last.mutation.file}: "
        f"{last.mutation.name} - {last.by}",
        flush=True,
    )


def table(verdicts: list[Verdict]) -> None:
    """Every mutation, what it breaks, and what noticed."""
    print(f"\n{'script':22} {'mutation':46} {'promise':62} noticed by")
    for verdict in sorted(verdicts, key=lambda v: (v.killed, v.mutation.file, v.mutation.name)):
        mutation = verdict.mutation
        print(f"{mutation.file:22} {mutation.name:46.46} {mutation.promise:62.62} {verdict.by}")


def main() -> int:
    """Copy, check the copy, break it, restore it."""
    mutations, missing = read(sys.argv[1:]), untouched(read([]))
    if missing:
        print(f"mutate: no mutation breaks {', '.join(missing)}")
        return 1
    with tempfile.TemporaryDirectory(prefix="scandispatch-mutate-") as folder:
        original = copy(Path(folder) / "original")
        passed, by = run_tests(original)
        if not passed:
            print(f"mutate: the tests fail without any mutation: {by}")
            return 1
        verdicts = judge_all(mutations, original, Path(folder))
    table(verdicts)
    left = [verdict for verdict in verdicts if not verdict.killed]
    print(f"\nmutate: {len(verdicts)} mutations, {len(left)} not noticed")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
