"""Settings: their defaults, what each may be, and what is said of a wrong one."""

from dataclasses import FrozenInstanceError, fields

import pytest

from dispatch.settings import Settings, SettingsError

TOKEN = "t" * 24
DESIGN = {  # design §7
    "redis_url": None,
    "rq_redis_url": None,
    "bootstrap_admin_token": None,
    "metrics_token": None,  # of api §3
    "trusted_proxies": 0,
    "claim_seconds": 60,
    "lease_seconds": 120,
    "heartbeat_seconds": 30,
    "offline_seconds": 90,
    "stall_seconds": 900,
    "max_task_seconds": 14400,
    "max_attempts": 3,
    "task_seconds": 60,
    "default_probes_per_second": 1000,
    "min_probes_per_second": 1,
    "sweep_seconds": 5,
    "idle_retry_seconds": 2,
    "max_body_bytes": 8388608,
    "log_format": "text",
}
NUMBERS = [name for name, default in DESIGN.items() if isinstance(default, int)]


def test_defaults_are_those_of_the_design() -> None:
    """With an empty environment every setting has the default of the design, and none is extra."""
    settings = Settings.from_env({})

    assert {each.name: getattr(settings, each.name) for each in fields(Settings)} == DESIGN


def test_every_setting_is_read_from_its_name_in_capitals() -> None:
    """A value in the environment is what the field of that name has."""
    given = dict.fromkeys(NUMBERS, 77777) | {"trusted_proxies": 2, "max_attempts": 7}
    words = {
        "redis_url": "redis://s:1/0",
        "bootstrap_admin_token": TOKEN,
        "metrics_token": TOKEN,
        "log_format": "json",
    }

    settings = Settings.from_env({k.upper(): str(v) for k, v in (given | words).items()})

    assert given | words == {name: getattr(settings, name) for name in given | words}


def test_empty_counts_as_not_set() -> None:
    """A variable that is set to nothing leaves the default, as compose files do."""
    assert Settings() == Settings.from_env({name.upper(): "" for name in DESIGN})


def test_foreign_variables_are_left_alone() -> None:
    """Other programs' variables, and our names in small letters, are nothing to us."""
    assert Settings() == Settings.from_env({"PATH": "/bin", "lease_seconds": "x"})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["-1", "1.5", "ten", " 5", "1_0", "+5", "٣", "9" * 500, "0x10"])
def test_numbers_are_whole_and_bounded(name: str, text: str) -> None:
    """What is not a plain whole number in bounds is refused, with its name and what is allowed."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({name.upper(): text})

    assert str(refused.value).startswith(f"{name.upper()} is ")
    assert "; allowed: a whole number, " in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("name", [name for name in NUMBERS if name != "trusted_proxies"])
def test_zero_is_refused(name: str) -> None:
    """No duration, rate or size may be zero."""
    with pytest.raises(SettingsError):
        Settings.from_env({name.upper(): "0"})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("TRUSTED_PROXIES", "17", "'17'; allowed: a whole number, 0 to 16"),
        ("LOG_FORMAT", "JSON", "'JSON'; allowed: text or json"),
        ("LOG_FORMAT", "\x1b[2J", "'\\x1b[2J'; allowed: text or json"),
        ("REDIS_URL", "http://h", "'http'"),
        ("REDIS_URL", "localhost:6379", "allowed: redis://"),
        ("REDIS_URL", "redis://", "allowed: redis://"),
        ("REDIS_URL", "unix://", "allowed: redis://"),
        ("REDIS_URL", "redis://h:70000", "allowed: redis://"),
        ("RQ_REDIS_URL", "redis://[::1", "allowed: redis://"),
        ("BOOTSTRAP_ADMIN_TOKEN", "short", "a text of 5 characters; allowed: 24 to 1000"),
        ("BOOTSTRAP_ADMIN_TOKEN", "a b" * 10, "without spaces"),
        ("BOOTSTRAP_ADMIN_TOKEN", "é" * 24, "ASCII"),
        ("METRICS_TOKEN", "m" * 23, "a text of 23 characters; allowed: 24 to 1000"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, text: str, said: str) -> None:
    """The message has the variable's name, what was given, and what is allowed instead."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({name: text})

    assert str(refused.value).startswith(f"{name} is ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "url", ["redis://h", "redis://u:p@h:6379/2", "rediss://h:6380/0?x=1", "unix:///run/s.sock?db=1"]
)
def test_store_urls(url: str) -> None:
    """The forms of URL that redis-py takes for one server are allowed."""
    assert url == Settings.from_env({"REDIS_URL": url}).redis_url


def test_all_wrong_settings_are_named_at_once() -> None:
    """Whoever mends the environment sees every mistake in one go."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"LEASE_SECONDS": "0", "CLAIM_SECONDS": "x", "LOG_FORMAT": "xml"})

    assert sorted(line.split()[0] for line in str(refused.value).splitlines()) == [
        "CLAIM_SECONDS",
        "LEASE_SECONDS",
        "LOG_FORMAT",
    ]


def test_secrets_are_not_shown() -> None:
    """Neither a complaint nor the settings' own text shows a password or a token."""
    secret = "hunter2" * 4
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"REDIS_URL": f"ftp://:{secret}@h", "BOOTSTRAP_ADMIN_TOKEN": secret[:9]})
    settings = Settings.from_env(
        {
            "REDIS_URL": f"redis://:{secret}@h",
            "BOOTSTRAP_ADMIN_TOKEN": secret,
            "METRICS_TOKEN": secret,
        }
    )

    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("heartbeat", "lease", "told"), [(30, 120, 30), (30, 60, 20), (30, 2, 1), (1, 120, 1)]
)
def test_told_heartbeat(heartbeat: int, lease: int, told: int) -> None:
    """Scanners are told a third of the lease at most, and never less than a second."""
    settings = Settings(heartbeat_seconds=heartbeat, lease_seconds=lease)

    assert told == settings.told_heartbeat_seconds


def test_rq_uses_the_store_unless_told_otherwise() -> None:
    """RQ's queues lie in the store, or where RQ_REDIS_URL says."""
    store, own = "redis://a", "redis://b"

    assert store == Settings(redis_url=store).rq_url
    assert own == Settings(redis_url=store, rq_redis_url=own).rq_url


def test_from_process_reads_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own environment is read when asked to, not at import."""
    monkeypatch.setenv("MAX_ATTEMPTS", "9")

    assert Settings.from_process().max_attempts == 9


def test_settings_are_frozen() -> None:
    """Nobody changes a setting behind another's back."""
    with pytest.raises(FrozenInstanceError):
        Settings().lease_seconds = 1  # type: ignore[misc]
