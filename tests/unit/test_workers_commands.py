"""`scandispatch init`, `ticker` and `worker`: what they need, and what they say."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from cli import init as init_module
from cli.data_folder import DataFolder
from cli.init import init
from cli.processes import ticker, worker
from dispatch.settings import Settings
from domain.errors import DispatchError

NO_STORE: dict[str, str | None] = {"REDIS_URL": None, "RQ_REDIS_URL": None}


class FakeDispatch:
    """Records the settings it was opened with; its tokens do what the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
        self.seen: list[Settings] = []
        self.answer = answer
        monkeypatch.setattr(init_module, "open_dispatch", self.open)

    def open(self, settings: Settings) -> SimpleNamespace:
        """Stand in for `open_dispatch`."""
        self.seen.append(settings)
        return SimpleNamespace(tokens=SimpleNamespace(create_first_admin=self.create))

    def create(self) -> str:
        """Stand in for the use case."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return str(self.answer)


def test_init_prints_the_token_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is all there is on standard output, so that it can go straight into a file."""
    opened = FakeDispatch(monkeypatch, "the-token")

    done = CliRunner().invoke(init, ["--data", str(tmp_path)], env={"REDIS_URL": "redis://given"})

    assert (done.exit_code, done.stdout) == (0, "the-token\n")
    assert [settings.redis_url for settings in opened.seen] == ["redis://given"]


def test_init_finds_the_store_of_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without REDIS_URL it is the store of the `up` that runs on the folder."""
    opened = FakeDispatch(monkeypatch, "the-token")
    DataFolder(tmp_path).leave_store("unix:///left/store.sock")

    done = CliRunner().invoke(init, ["--data", str(tmp_path)], env=NO_STORE)

    assert done.exit_code == 0
    assert [settings.redis_url for settings in opened.seen] == ["unix:///left/store.sock"]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (DispatchError("There is an admin token already."), 1, "There is an admin token already."),
        (redis.exceptions.ConnectionError("refused"), 4, "the store does not answer: refused"),
    ],
)
def test_init_says_why_it_made_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Exception, status: int, said: str
) -> None:
    """What stands against a first token is said in a sentence, with an exit code of its kind."""
    FakeDispatch(monkeypatch, answer)

    done = CliRunner().invoke(init, ["--data", str(tmp_path)], env={"REDIS_URL": "redis://given"})

    assert done.exit_code == status
    assert said in done.stderr


def test_init_without_any_store(tmp_path: Path) -> None:
    """Where there is neither a URL nor a folder of `up`, it says what to do."""
    done = CliRunner().invoke(init, ["--data", str(tmp_path)], env=NO_STORE)

    assert done.exit_code == 1
    assert "set REDIS_URL, or start `scandispatch up`" in done.stderr


@pytest.mark.parametrize("command", [ticker, worker])
def test_processes_need_a_store(command: Any) -> None:
    """A ticker or a worker by itself must be told where the store is."""
    done = CliRunner().invoke(command, [], env=NO_STORE)

    assert done.exit_code == 1
    assert "REDIS_URL is not set" in done.stderr


@pytest.mark.parametrize("command", [ticker, worker, init])
def test_wrong_settings_are_refused(command: Any) -> None:
    """Every command of the server's side refuses a wrong setting by its name."""
    done = CliRunner().invoke(command, [], env={**NO_STORE, "SWEEP_SECONDS": "soon"})

    assert done.exit_code == 1
    assert "SWEEP_SECONDS is 'soon'; allowed: a whole number, 1 to" in done.stderr
