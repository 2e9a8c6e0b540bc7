"""What was measured last, suite by suite, as a file keeps it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.rows import Findings

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / ".bench" / "measured.json"


@dataclass
class Entry:
    """One suite: what it found or why it did not, when, how long it took, and the load before.

    commit: of what was measured, '+' behind it where files were changed since; '' where git did not
    say.
    """

    findings: Findings
    at: str
    seconds: float
    load: str
    failed: str = ""
    commit: str = ""


@dataclass
class Record:
    """All suites; each may have been run by itself."""

    facts: dict[str, str] = field(default_factory=machine.facts)
    versions: dict[str, str] = field(default_factory=machine.versions)
    entries: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Record:
        """The last one; a new one where there is none, or one of another machine or form."""
        record = cls()
        if FILE.exists():
            kept: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
            if kept["facts"] == record.facts:
                with suppress(TypeError):  # a field that there was, or was not yet
                    record.entries = {
                        name: _entry(**entry) for name, entry in kept["entries"].items()
                    }
        return record

    def write(self) -> None:
        """Keep it."""
        entries = {
            name: {**vars(entry), "findings": entry.findings.document()}
            for name, entry in self.entries.items()
        }
        document = {"facts": self.facts, "versions": self.versions, "entries": entries}
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _entry(findings: dict[str, Any], **rest: Any) -> Entry:
    """From what JSON kept."""
    return Entry(Findings.of(findings), **rest)


def commit() -> str:
    """The commit that is checked out, with '+' where code differs from it; '' without git."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{name}+" if changed else name


def _git(*words: str) -> str:
    return subprocess.run(  # noqa: S603 - ours
        ["git", *words],  # noqa: S607 - whichever the PATH has
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def now() -> str:
    """This minute."""
    return dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
