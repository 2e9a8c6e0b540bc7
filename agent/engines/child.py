"""A child process whose output is read piece by piece, and that dies whenever we say."""

import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

_READ_BYTES = 64 * 1024
_POLL_SECONDS = 0.2
_MESSAGE_BYTES = 500


class Child:
    """A context: on leaving it, the child and whatever it started are gone."""

    def __init__(self, words: Sequence[str], standard_input: bytes) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        try:
            self._process = self._spawn(words, standard_input)
        except OSError:
            self._errors.close()
            raise

    def _spawn(self, words: Sequence[str], standard_input: bytes) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile() as source:
            source.write(standard_input)
            source.seek(0)
            return subprocess.Popen(  # noqa: S603 - no shell, words are ours
                words,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def output(self) -> Iterator[bytes]:
        """Pieces of its standard output, an empty one wherever it has been quiet for a while."""
        assert self._process.stdout is not None  # noqa: S101 - we asked for a pipe
        pipe = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                if not selector.select(_POLL_SECONDS):
                    yield b""
                elif piece := os.read(pipe, _READ_BYTES):
                    yield piece
                else:
                    return

    def ended(self) -> tuple[int, str]:
        """Its exit code and the last it complained of, once its output has ended."""
        code = self._process.wait()
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - _MESSAGE_BYTES))
        return code, self._errors.read().decode(errors="replace").strip()
