"""Sites: namespaces with an address space, scanners and settings of their own."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import Any

from dispatch.settings import Settings
from domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from queues.exchange import Timing
from queues.keys import SiteKeys
from queues.sites import DEFAULT_SITE, SiteStore
from queues.store import Asked, Page

REMEMBERED_SECONDS = 5
SETTINGS = (
    "claim_seconds",
    "lease_seconds",
    "heartbeat_seconds",
    "offline_seconds",
    "stall_seconds",
    "max_task_seconds",
    "max_attempts",
    "task_seconds",
    "default_probes_per_second",
    "min_probes_per_second",
    "idle_retry_seconds",
)

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    settings: Settings
    timing: Timing


@dataclass
class Sites:
    """A view has site, name and the settings; what a site does not set is the process's own."""

    store: SiteStore
    settings: Settings
    _known: dict[str, _Known] = field(default_factory=dict)

    def create(self, wanted: View, asked: Asked) -> View:
        """A new, empty site. Raises AlreadyExists."""
        own = {name: wanted[name] for name in SETTINGS if wanted.get(name) is not None}
        request = [asked.name, asked.digest] if asked.name else None
        record = {"name": wanted.get("name"), "settings": own, "asked": request}
        self._known.pop(wanted["site"], None)
        is_new = self.store.add(wanted["site"], record)
        before = None if is_new else self._asked(wanted["site"])
        if before and request and before[0] == request[0] and before != request:
            raise Invalid({"Idempotency-Key": ["It was used before, with another request."]})
        if not is_new and not (request and before == request):
            raise AlreadyExists(f"There is a site {wanted['site']} already.")
        return self.get(wanted["site"])

    def get(self, site: str) -> View:
        """One site. Raises NotFound."""
        record = self.store.find(site)
        if record is None:
            raise NotFound(f"There is no site {site[:40]!r}.")
        own = self._merged(record)
        values = {name: getattr(own, name) for name in SETTINGS}
        return {"site": site, "name": record.get("name"), **values}

    def some(self, *, limit: int, after: str, only: str | None) -> Page:
        """A page of sites in alphabetical order; `only` one for a token of that site."""
        names = [n for n in self.store.names() if n > after and only in {None, n}]
        following = names[limit - 1] if len(names) > limit else None
        return Page([self.get(name) for name in names[:limit]], following)

    def delete(self, site: str) -> None:
        """Forget an empty site. Raises NotFound or Conflict."""
        self.get(site)
        if site == DEFAULT_SITE or not self.store.remove(site):
            raise Conflict(f"The site {site} is not empty, or is the default one.")
        self._known.pop(site, None)

    def settings_of(self, keys: SiteKeys) -> Settings:
        """The settings that hold in a site, at most some seconds old."""
        return self._known_of(keys).settings

    def timing_of(self, keys: SiteKeys) -> Timing:
        """What the scripts need of a site's settings."""
        return self._known_of(keys).timing

    def _known_of(self, keys: SiteKeys) -> _Known:
        known = self._known.get(keys.site)
        if known is None or known.until < time.monotonic():
            settings = self._merged(self.store.find(keys.site) or {})
            until = time.monotonic() + REMEMBERED_SECONDS
            known = self._known[keys.site] = _Known(until, settings, _timing(settings))
        return known

    def _asked(self, site: str) -> Any:
        return (self.store.find(site) or {}).get("asked")

    def _merged(self, record: View) -> Settings:
        return dataclasses.replace(self.settings, **record.get("settings", {}))


def _timing(settings: Settings) -> Timing:
    return Timing(
        claim_ms=1000 * settings.claim_seconds,
        lease_ms=1000 * settings.lease_seconds,
        stall_ms=1000 * settings.stall_seconds,
        task_seconds=settings.task_seconds,
        default_rate=settings.default_probes_per_second,
        least_rate=settings.min_probes_per_second,
    )
