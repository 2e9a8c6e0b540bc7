"""The processes that `scandispatch up` is made of, and how each is started."""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.children import spawn
from cli.embedded import EmbeddedStore
from cli.supervisor import Part

ROOT = Path(__file__).resolve().parent.parent
INGEST = "wsgi:app"


def store_part(store: EmbeddedStore) -> Part:
    """The embedded store."""
    return Part("store", store.launch, ends_last=True)


def ingest_part(
    listener: socket.socket, *, workers: int, environ: Mapping[str, str], target: str = INGEST
) -> Part:
    """Gunicorn with `workers` processes, serving the WSGI app `target` on `listener`."""
    bound = listener.fileno()
    command = _python("gunicorn", "--config", str(ROOT / "gunicorn.conf.py"))
    command += ["--bind", f"fd://{bound}", "--workers", str(workers), target]
    return Part("ingest", lambda: spawn(command, environ=environ, cwd=ROOT, pass_fds=[bound]))


def companion_part(name: str, *, environ: Mapping[str, str]) -> Part:
    """The process of `scandispatch <name>`: `worker` or `ticker`."""
    command = _python("cli.main", name)
    return Part(name, lambda: spawn(command, environ=environ, cwd=ROOT))


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
