"""The data folder of `up`: what it leaves there, and its lock."""

import json
import os
import stat
from pathlib import Path

import pytest

from cli import data_folder
from cli.data_folder import DataFolder
from cli.errors import CliError


def test_a_token_is_made_once_and_kept(tmp_path: Path) -> None:
    """The operator's token outlives a restart; another folder has another."""
    folder = DataFolder(tmp_path)
    token = folder.operator_token()
    folder.leave_operator("http://127.0.0.1:1", token)

    assert DataFolder(tmp_path).operator_token() == token
    assert DataFolder(tmp_path / "other").operator_token() != token
    assert len(token) >= 24


def test_files_are_private_and_whole(tmp_path: Path) -> None:
    """What holds a token is for its owner alone, even where a file with open rights was before."""
    (tmp_path / "operator.json").write_text("{}")
    (tmp_path / "operator.json").chmod(0o644)
    (tmp_path / "operator.json.new").write_text("left by a crash")

    path = DataFolder(tmp_path).leave_operator("http://127.0.0.1:1", "t" * 24)

    assert json.loads(path.read_text()) == {"url": "http://127.0.0.1:1", "token": "t" * 24}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["operator.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "x"}', "\udcff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    """A broken file is not overwritten in silence: the error says what to do."""
    (tmp_path / "operator.json").write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(CliError, match=r"operator\.json cannot be read") as refused:
        DataFolder(tmp_path).operator_token()
    assert refused.value.hint == "delete it, and it is made anew"


def test_the_store_is_found(tmp_path: Path) -> None:
    """`audit` and `init` find the store of the folder; without one there is none."""
    folder = DataFolder(tmp_path)

    before = folder.store_url()
    folder.leave_store("unix:///x/store.sock")

    assert before is None
    assert folder.store_url() == "unix:///x/store.sock"


def test_the_folder_is_made_private(tmp_path: Path) -> None:
    """A folder that was not there is made, with its parents, for its owner alone."""
    with DataFolder(tmp_path / "a" / "b").locked():
        assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the lock is held nobody else gets it, and is told who has it; afterwards they do."""
    monkeypatch.setattr(data_folder, "_LOCK_SECONDS", 0.0)
    folder = DataFolder(tmp_path)

    with (
        folder.locked(),
        pytest.raises(CliError, match=rf"runs on .* \(process {os.getpid()}\)"),
        folder.locked(),
    ):
        pass
    with folder.locked() as lock:
        assert os.pread(lock, 20, 0) == str(os.getpid()).encode()


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    """Where a file is in the way, that is what the error says."""
    (tmp_path / "file").write_text("")

    with pytest.raises(CliError, match="cannot be used"), DataFolder(tmp_path / "file/d").locked():
        pass
