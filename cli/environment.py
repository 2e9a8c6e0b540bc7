"""The settings, and the store they name, for the commands that run on the server's side."""

from dataclasses import replace
from pathlib import Path

from cli.data_folder import DataFolder
from cli.errors import Unavailable, WrongSettings
from dispatch.settings import Settings, SettingsError


def read_settings() -> Settings:
    """Read the settings; WrongSettings says everything that is wrong with them."""
    try:
        return Settings.from_process()
    except SettingsError as problem:
        raise WrongSettings(str(problem), hint="these come from the environment") from problem


def settings_with_store(data: Path) -> Settings:
    """The settings; without REDIS_URL, with the store of the `up` whose data folder that is."""
    settings = read_settings()
    url = settings.redis_url or DataFolder(data).store_url()
    if url is None:
        raise Unavailable(
            f"there is no store: REDIS_URL is not set, and no `scandispatch up` runs on {data}",
            hint="set REDIS_URL, or start `scandispatch up`",
        )
    return replace(settings, redis_url=url)
