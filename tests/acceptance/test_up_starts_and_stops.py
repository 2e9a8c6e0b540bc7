"""`scandispatch up`: how it starts, what it refuses, how it ends."""

import http.client
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from rq import Queue
from running_up import RunningUp, alive, eventually


@pytest.fixture
def up(tmp_path: Path) -> Iterator[RunningUp]:
    with RunningUp(tmp_path / "data") as running:
        yield running


def refused(data: Path, *options: str, code: int = 1, **environ: str) -> str:
    """Start an `up` that is to refuse; what it says."""
    running = RunningUp(data, *options, **environ)
    with pytest.raises(AssertionError, match=f"ended with {code}:"):
        running.__enter__()
    running.__exit__(None, None, None)
    return running.log.read_text()


def test_first_start_leaves_what_the_operator_needs(up: RunningUp) -> None:
    """A first start needs nothing, makes its folder, and leaves a private file."""
    url = urlsplit(up.operator["url"])

    assert up.said.startswith(f"Scan Dispatch is ready on {up.operator['url']}\n".encode())
    assert (url.scheme, url.hostname) == ("http", "127.0.0.1")
    assert len(up.operator["token"]) >= 24
    assert stat.S_IMODE(up.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((up.data / "operator.json").stat().st_mode) == 0o600
    assert up.status() == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_all_in_time(up: RunningUp, number: signal.Signals) -> None:
    """Within five seconds everything has ended, with status 0, though a scanner keeps its line."""
    url = urlsplit(up.operator["url"])
    line = http.client.HTTPConnection(url.hostname or "", url.port)
    line.request("GET", "/healthz")
    line.getresponse().read()
    family = up.family()

    took = up.signal_and_wait(number)
    line.close()

    said = up.log.read_text()
    assert up.process.returncode == 0
    assert took < 5
    assert alive(family) == []
    assert "Scan Dispatch has stopped\n" in said
    assert "SIGKILL" not in said
    assert "Traceback" not in said


def test_a_long_job_does_not_hold_up_the_end(up: RunningUp) -> None:
    """A job that would run for a minute is killed with its worker, and the end is in time."""
    with redis.Redis.from_url(up.store_url) as client:
        Queue("maintenance", connection=client).enqueue("time.sleep", 60, at_front=True)
    eventually(lambda: len([each for each in up.family() if each.role == "worker"]) > 1)
    family = up.family()

    took = up.signal_and_wait(signal.SIGTERM)

    assert up.process.returncode == 0
    assert took < 5
    assert alive(family) == []


def test_a_folder_too_deep_for_a_socket(tmp_path: Path) -> None:
    """A data folder with a long path works, and leaves nothing elsewhere when it is stopped."""
    with RunningUp(tmp_path / ("d" * 60) / ("e" * 60) / "data") as running:
        socket_folder = Path(running.store_url.removeprefix("unix://")).parent
        there = socket_folder.exists()
        running.signal_and_wait(signal.SIGTERM)

    assert there
    assert not socket_folder.exists()


@pytest.mark.parametrize("name", ["my data", "a=b?c#d%20{e}", "Büro: 'Süd' @ 3; 50 %"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """What means something in a URL, or to the store, may be in the data folder's name."""
    with RunningUp(tmp_path / name / "data") as running:
        with redis.Redis.from_url(running.store_url) as client:
            job = Queue("maintenance", connection=client).enqueue("os.getpid", at_front=True)
            eventually(lambda: job.get_status(refresh=True) == "finished")
        running.signal_and_wait(signal.SIGTERM)

    assert running.process.returncode == 0
    assert "Traceback" not in running.log.read_text()
    assert (tmp_path / name / "data" / "appendonlydir").is_dir()


def test_stopped_while_it_starts(tmp_path: Path) -> None:
    """SIGTERM in the middle of a start ends it in time too, and leaves no child."""
    running = RunningUp(tmp_path / "data")
    eventually(lambda: len(running.family()) >= 3)
    family = running.family()

    took = running.signal_and_wait(signal.SIGTERM)
    running.__exit__(None, None, None)

    assert running.process.returncode == 0
    assert took < 5
    assert alive(family) == []


def test_killed_it_leaves_no_child(up: RunningUp) -> None:
    """SIGKILL of `up` takes every process with it, a job's own process too."""
    with redis.Redis.from_url(up.store_url) as client:
        Queue("maintenance", connection=client).enqueue("time.sleep", 60, at_front=True)
    eventually(lambda: len([each for each in up.family() if each.role == "worker"]) > 1)
    family = up.family()

    up.signal_and_wait(signal.SIGKILL)

    assert {each.role for each in family} == {"store", "ingest", "worker", "ticker"}
    eventually(lambda: alive(family) == [], seconds=5)


def test_a_start_after_a_kill_goes_on_where_it_was(up: RunningUp) -> None:
    """What was written, and the operator's token, are there again after SIGKILL and a new start."""
    with redis.Redis.from_url(up.store_url) as client:
        client.set("kept", "yes")
    token = up.operator["token"]
    up.signal_and_wait(signal.SIGKILL)

    with RunningUp(up.data) as again, redis.Redis.from_url(again.store_url) as client:
        assert client.get("kept") == b"yes"
        assert again.operator["token"] == token
        assert again.status() == 200


def test_a_second_up_on_the_same_data_is_refused(up: RunningUp) -> None:
    """Two on one folder would destroy the data: the second says who is there, the first goes on."""
    said = refused(up.data)

    assert f"another `scandispatch up` runs on {up.data} (process {up.process.pid})" in said
    assert up.status() == 200


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """A port that another program has is named before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path / "data", "--port", str(port))

    assert f"port {port} on 127.0.0.1 is in use by another program" in said
    assert not (tmp_path / "data" / "store.log").exists()


def test_wrong_settings_are_refused_before_anything_starts(tmp_path: Path) -> None:
    """Every wrong setting is named with what is allowed, and nothing is made."""
    said = refused(tmp_path / "data", code=2, LEASE_SECONDS="0", LOG_FORMAT="xml")

    assert "LEASE_SECONDS is '0'; allowed: a whole number, 1 to " in said
    assert "LOG_FORMAT is 'xml'; allowed: text or json" in said
    assert not (tmp_path / "data").exists()


def test_a_store_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """With REDIS_URL set to where nothing is, the start says so, and does not show the password."""
    said = refused(tmp_path / "data", code=4, REDIS_URL="redis://:hunter2@127.0.0.1:1/0")

    assert "the store of REDIS_URL does not answer" in said
    assert "hunter2" not in said


def test_a_store_url_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path) -> None:
    """An option of REDIS_URL that is none is said so before anything is started."""
    said = refused(tmp_path / "data", code=2, REDIS_URL="redis://127.0.0.1:1/?db=x")

    assert "REDIS_URL cannot be used" in said


def test_it_uses_the_store_it_is_given(up: RunningUp, tmp_path: Path) -> None:
    """With REDIS_URL set no store is started, and the given token is the operator's."""
    token = "t" * 30
    given = {"REDIS_URL": up.store_url, "BOOTSTRAP_ADMIN_TOKEN": token}

    with RunningUp(tmp_path / "other", **given) as other:
        assert {each.role for each in other.family()} == {"ingest", "worker", "ticker"}
        assert other.operator["token"] == token
