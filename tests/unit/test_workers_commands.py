"""`scandispatch init`, `ticker` and `worker`: what they need, and what they say."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from cli import init as init_module
from cli.audit import audit
from cli.data_folder import DataFolder
from cli.init import init
from cli.processes import ticker, worker
from cli.up import up
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
        (DispatchError("There is an admin token already."), 3, "There is an admin token already."),
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


def test_init_after_up_says_where_the_token_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second first token is not made for the store of an `up`; for another store it is."""
    FakeDispatch(monkeypatch, "the-token")
    folder = DataFolder(tmp_path)
    folder.leave_store("unix:///left/store.sock")
    left = folder.leave_operator("http://127.0.0.1:8080", "t" * 30)

    refused = CliRunner().invoke(init, ["--data", str(tmp_path)], env=NO_STORE)
    elsewhere = {"REDIS_URL": "redis://elsewhere"}

    assert refused.exit_code == 3
    assert f"the token is in {left}" in refused.stderr
    assert CliRunner().invoke(init, ["--data", str(tmp_path)], env=elsewhere).exit_code == 0


def test_init_beside_a_given_token_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where BOOTSTRAP_ADMIN_TOKEN is set, the first token is that one."""
    FakeDispatch(monkeypatch, "the-token")
    given = {"REDIS_URL": "redis://given", "BOOTSTRAP_ADMIN_TOKEN": "t" * 30}

    refused = CliRunner().invoke(init, ["--data", str(tmp_path)], env=given)

    assert refused.exit_code == 3
    assert "BOOTSTRAP_ADMIN_TOKEN" in refused.stderr
    assert "ttt" not in refused.output


@pytest.mark.parametrize("command", [init, audit])
def test_the_servers_commands_need_a_store(tmp_path: Path, command: Any) -> None:
    """Where there is neither a URL nor a folder of `up`, they say what to do."""
    done = CliRunner().invoke(command, ["--data", str(tmp_path)], env=NO_STORE)

    assert done.exit_code == 4
    assert "set REDIS_URL, or start `scandispatch up`" in done.stderr


@pytest.mark.parametrize("command", [ticker, worker])
def test_processes_need_a_store(command: Any) -> None:
    """A ticker or a worker by itself must be told where the store is."""
    done = CliRunner().invoke(command, [], env=NO_STORE)

    assert done.exit_code == 2
    assert "REDIS_URL is not set" in done.stderr


@pytest.mark.parametrize("command", [ticker, worker, init, audit, up])
def test_wrong_settings_are_refused(command: Any) -> None:
    """Every command of the server's side refuses a wrong setting by its name."""
    done = CliRunner().invoke(command, [], env={**NO_STORE, "SWEEP_SECONDS": "soon"})

    assert done.exit_code == 2
    assert "SWEEP_SECONDS is 'soon'; allowed: a whole number, 1 to" in done.stderr


def test_a_store_that_is_away_is_told_from_a_failure(tmp_path: Path) -> None:
    """Where nothing answers at REDIS_URL, the exit code is that of a server that is away."""
    away = {**NO_STORE, "REDIS_URL": "redis://127.0.0.1:1/0"}

    done = CliRunner().invoke(audit, ["--data", str(tmp_path)], env=away)

    assert done.exit_code == 4
    assert "does not answer" in done.stderr


def test_a_home_is_found_without_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--data '~/x'` is a folder in the home, not one called `~`."""
    opened = FakeDispatch(monkeypatch, "the-token")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x").mkdir()
    DataFolder(tmp_path / "x").leave_store("unix:///left/store.sock")

    done = CliRunner().invoke(init, ["--data", "~/x"], env=NO_STORE)

    assert done.exit_code == 0, done.output
    assert [settings.redis_url for settings in opened.seen] == ["unix:///left/store.sock"]
