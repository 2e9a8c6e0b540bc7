"""The RQ jobs: thin adapters around one use case each."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from dispatch.settings import Settings
from workers import jobs


@dataclass(frozen=True)
class Report:
    """What an upkeep says it did."""

    expired: int = 2
    offline: int = 1


def test_upkeep_runs_the_use_case_with_the_settings_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The job reads the environment, runs one upkeep, and returns its counts as plain data.

    It leaves no connection open.
    """
    seen: list[Settings] = []
    closed: list[bool] = []

    def open_dispatch(settings: Settings) -> SimpleNamespace:
        seen.append(settings)
        client = SimpleNamespace(close=lambda: closed.append(True))
        return SimpleNamespace(upkeep=SimpleNamespace(run=Report), client=client)

    monkeypatch.setattr(jobs, "open_dispatch", open_dispatch)
    monkeypatch.setenv("REDIS_URL", "redis://store:6379/3")

    assert jobs.upkeep() == {"expired": 2, "offline": 1}
    assert [settings.redis_url for settings in seen] == ["redis://store:6379/3"]
    assert closed == [True]
