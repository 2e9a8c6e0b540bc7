"""One thing an engine found out, and how it is written for the server."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from agent.targets import Address
from agent.text import printable

BANNER_CHARACTERS = 1024
FIELD_CHARACTERS = 256
NAME_CHARACTERS = 253

State = Literal["open", "closed", "filtered", "up", "down"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The state of a port, or of a whole host where `port` is None."""

    host: Address
    state: State
    name: str | None = None
    port: int | None = None
    protocol: Literal["tcp", "udp"] | None = None
    service: str | None = None
    product: str | None = None
    version: str | None = None
    banner: str | bytes | None = None
    error: str | None = None
    observed_at: datetime = field(default_factory=_utc_now)

    def as_json(self) -> dict[str, Any]:
        """The contract's Result: bounded, printable, and without what is not known."""
        row = {
            "host": str(self.host),
            "name": _bounded(self.name, NAME_CHARACTERS),
            "port": self.port,
            "protocol": self.protocol,
            "state": self.state,
            "service": _bounded(self.service, FIELD_CHARACTERS),
            "product": _bounded(self.product, FIELD_CHARACTERS),
            "version": _bounded(self.version, FIELD_CHARACTERS),
            "banner": _bounded(self.banner, BANNER_CHARACTERS),
            "observedAt": self.observed_at.isoformat().replace("+00:00", "Z"),
            "extra": {"error": printable(self.error, FIELD_CHARACTERS)} if self.error else None,
        }
        return {name: value for name, value in row.items() if value is not None}


def _bounded(raw: str | bytes | None, limit: int) -> str | None:
    return printable(raw, limit) or None if raw else None
