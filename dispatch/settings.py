"""Every setting of the product, read once from the environment, typed, and refused loudly."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self
from urllib.parse import urlsplit

_READ = "read"  # where a field's metadata holds the reader of its text
_SHOWN_CHARACTERS = 60
_WEEK_SECONDS = 7 * 24 * 3600
_MOST_PROBES_PER_SECOND = 100_000_000
_GIBIBYTE = 1 << 30
_STORE_SCHEMES = ("redis", "rediss", "unix")
_TOKEN = re.compile(r"[!-~]{24,1000}")
_WHOLE = re.compile(r"[0-9]{1,12}")


class SettingsError(ValueError):
    """A setting has a value that is not allowed."""


def _whole(default: int, *, least: int, most: int) -> Any:
    """Declare a whole number from `least` to `most`."""

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise SettingsError(f"is {_shown(text)}; allowed: a whole number, {least} to {most}")
        return int(text)

    return field(default=default, metadata={_READ: read})


def _seconds(default: int) -> Any:
    """Declare a duration in whole seconds."""
    return _whole(default, least=1, most=_WEEK_SECONDS)


def _one_of(*allowed: str) -> Any:
    """Declare a choice, whose default is the first."""

    def read(text: str) -> str:
        if text not in allowed:
            raise SettingsError(f"is {_shown(text)}; allowed: {' or '.join(allowed)}")
        return text

    return field(default=allowed[0], metadata={_READ: read})


def _secret(read: Callable[[str], str]) -> Any:
    """Declare a text that is not set by default, and that no log shows."""
    return field(default=None, repr=False, metadata={_READ: read})


def _store_url(text: str) -> str:
    """Read a store's URL; what is said about a wrong one leaves out its password."""
    allowed = "allowed: redis://host:port/db, rediss://host:port/db or unix:///path/of/socket"
    try:
        url = urlsplit(text)
        place = url.path.strip("/") if url.scheme == "unix" else url.hostname
        if url.scheme in _STORE_SCHEMES and place and url.port != 0:
            return text
    except ValueError as problem:
        raise SettingsError(f"is no URL that can be read; {allowed}") from problem
    raise SettingsError(f"is a URL with scheme {_shown(url.scheme)} and host or path; {allowed}")


def _token(text: str) -> str:
    """Read a token; what is said about a wrong one gives its length only."""
    if not _TOKEN.fullmatch(text):
        raise SettingsError(
            f"is a text of {len(text)} characters; "
            "allowed: 24 to 1000 printable ASCII characters without spaces"
        )
    return text


@dataclass(frozen=True, slots=True)
class Settings:
    """The product's settings; each field's variable is its name in capitals.

    `redis_url` None stands for the embedded store that `scandispatch up` starts.
    """

    redis_url: str | None = _secret(_store_url)
    rq_redis_url: str | None = _secret(_store_url)
    bootstrap_admin_token: str | None = _secret(_token)
    metrics_token: str | None = _secret(_token)
    trusted_proxies: int = _whole(0, least=0, most=16)
    claim_seconds: int = _seconds(60)
    lease_seconds: int = _seconds(120)
    heartbeat_seconds: int = _seconds(30)
    offline_seconds: int = _seconds(90)
    stall_seconds: int = _seconds(900)
    max_task_seconds: int = _seconds(14400)
    max_attempts: int = _whole(3, least=1, most=100)
    task_seconds: int = _seconds(60)
    default_probes_per_second: int = _whole(1000, least=1, most=_MOST_PROBES_PER_SECOND)
    min_probes_per_second: int = _whole(1, least=1, most=_MOST_PROBES_PER_SECOND)
    sweep_seconds: int = _seconds(5)
    idle_retry_seconds: int = _seconds(2)
    max_body_bytes: int = _whole(8 << 20, least=1 << 16, most=_GIBIBYTE)
    log_format: str = _one_of("text", "json")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; one `SettingsError` names every wrong one. Empty counts as not set."""
        values: dict[str, object] = {}
        wrong: list[str] = []
        for each in fields(cls):
            name = each.name.upper()
            if not environ.get(name):
                continue
            try:
                values[each.name] = each.metadata[_READ](environ[name])
            except SettingsError as problem:
                wrong.append(f"{name} {problem}")
        if wrong:
            raise SettingsError("\n".join(wrong))
        return cls(**values)  # type: ignore[arg-type]  # each reader returns its field's type

    @classmethod
    def from_process(cls) -> Self:
        """Read the settings from this process's environment: the one place that does."""
        return cls.from_env(os.environ)

    @property
    def rq_url(self) -> str | None:
        """Where RQ keeps its queues."""
        return self.rq_redis_url or self.redis_url

    @property
    def told_heartbeat_seconds(self) -> int:
        """How often scanners are told to be heard of: at most a third of the lease."""
        return max(1, min(self.heartbeat_seconds, self.lease_seconds // 3))


def inherited_environ(more: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that this one starts: its own, and `more`."""
    return {**os.environ, **more}


def _shown(text: str) -> str:
    """The text, quoted, with nothing in it that could upset a terminal, and not too long."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return ascii(cut)
