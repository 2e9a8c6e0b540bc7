"""The embedded store, as a real server."""

import os
import signal
from pathlib import Path

import pytest
import redis

from cli.embedded import EmbeddedStore, StoreError


def test_it_answers_on_a_private_socket_only(tmp_path: Path) -> None:
    """A started store answers on its socket, listens on no port, never evicts, and keeps a log."""
    with EmbeddedStore(tmp_path / "new") as store, redis.Redis.from_url(store.url) as client:
        config = client.config_get("*")

        assert client.ping()
        assert client.info("server")["process_id"] == store.pid
        assert (config["port"], config["maxmemory-policy"]) == ("0", "noeviction")
        assert (config["appendonly"], config["appendfsync"]) == ("yes", "everysec")
        assert config["aof-load-truncated"] == "yes"
        assert config["zset-max-ziplist-entries"] == "8"
        assert config["hash-max-ziplist-entries"] == "16"
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_written_is_there_after_a_restart(tmp_path: Path, end: signal.Signals) -> None:
    """Everything answered before an end, even a kill, is loaded by the next start."""
    with EmbeddedStore(tmp_path) as store:
        with redis.Redis.from_url(store.url) as client:
            client.set("kept", "yes")
        os.kill(store.pid, end)
        store.process.wait()

    with EmbeddedStore(tmp_path) as store, redis.Redis.from_url(store.url) as client:
        assert client.get("kept") == b"yes"


def test_a_truncated_file_is_loaded_up_to_its_end(tmp_path: Path) -> None:
    """A crash in the middle of a write costs that write, not the start."""
    with EmbeddedStore(tmp_path) as store, redis.Redis.from_url(store.url) as client:
        client.set("whole", "yes")
        client.set("cut", "no")
    (written,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    os.truncate(written, written.stat().st_size - 4)

    with EmbeddedStore(tmp_path) as store, redis.Redis.from_url(store.url) as client:
        assert client.mget("whole", "cut") == [b"yes", None]


def test_without_persistence_nothing_is_written(tmp_path: Path) -> None:
    """A store for tests leaves nothing but its log."""
    with EmbeddedStore(tmp_path, persist=False) as store, redis.Redis.from_url(store.url) as client:
        client.set("a", "1")

    assert [each.name for each in tmp_path.iterdir()] == ["store.log"]


def test_a_folder_too_deep_for_a_socket(tmp_path: Path) -> None:
    """Where the folder's path is too long, the socket lies in a short folder of ours alone."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)

    with EmbeddedStore(deep) as store, redis.Redis.from_url(store.url) as client:
        socket = Path(store.url.removeprefix("unix://"))

        assert client.ping()
        assert socket.parent.stat().st_mode & 0o077 == 0
        assert client.config_get("dir") == {"dir": str(deep)}
    assert not socket.parent.exists()


def test_a_short_folder_put_there_by_somebody_else_is_refused(tmp_path: Path) -> None:
    """A name in a shared folder can be guessed: what lies there and is not ours is not used."""
    store = EmbeddedStore(tmp_path / ("d" * 60) / ("e" * 60))
    folder = Path(store.url.removeprefix("unix://")).parent
    folder.symlink_to(tmp_path)

    try:
        with pytest.raises(StoreError, match="is in the way"):
            store.start()
    finally:
        folder.unlink()


def test_a_store_that_cannot_start_says_why(tmp_path: Path) -> None:
    """What the server said last is in the error."""
    (tmp_path / "appendonlydir").write_text("not a folder")

    with pytest.raises(StoreError, match=r"did not start: .*appendonlydir"):
        EmbeddedStore(tmp_path).start()


def test_no_server_to_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine with neither wheel nor server, the error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StoreError, match="install valkey-server or redis-server"):
        EmbeddedStore(tmp_path).start()


def test_a_lock_lasts_as_long_as_the_server(tmp_path: Path) -> None:
    """The server holds the lock it was given, after its parent has let go of it."""
    lock = (tmp_path / "lock").open("w")
    with EmbeddedStore(tmp_path, lock_fd=lock.fileno()) as store:
        lock.close()

        assert f"{tmp_path}/lock" in _open_files(store.pid)


def _open_files(pid: int) -> set[str]:
    return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
