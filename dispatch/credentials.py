"""Scanner keys: `<keyId>.<secret>`, where the key id is `<site>_<scanner>_<key>`.

A process remembers the records it has checked. Every script gets the version of the record that
was checked and answers `stale` when it has changed since, so no old record is ever trusted; nor is
anybody refused by one: whoever would be is looked up again first.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from domain.errors import (
    InvalidApiKey,
    IpBindingViolation,
    MissingApiKey,
    ScannerDisabled,
    StaleRecord,
)
from domain.targets import Network
from queues.exchange import Holder
from queues.keys import SiteKeys
from queues.scanners import ScannerStore
from queues.store import Record

REMEMBERED = 10_000
_KEY = re.compile(r"(?P<site>[a-z0-9-]{1,32})_(?P<scanner>[0-9]{1,16})_(?P<key>[0-9a-f]{6})")


@dataclass(frozen=True, slots=True)
class Caller:
    """A scanner that has proved who it is; remembered: by what this process knew already."""

    holder: Holder
    key_id: str
    secret_digest: str
    allowed: tuple[Network, ...]
    remembered: bool = False

    def check_address(self, address: str) -> None:
        """Raise IpBindingViolation where the scanner may not fetch jobs from this address.

        address: as ipaddress writes it, IPv4-mapped ones as IPv4. Raises StaleRecord where only
        what is remembered forbids it.
        """
        if not self.allowed:
            return
        at = ipaddress.ip_address(address)
        if any(at in network for network in self.allowed):
            return
        if self.remembered:
            raise StaleRecord
        raise IpBindingViolation(f"This scanner may not fetch jobs from {address}.")


def digest(secret: str) -> str:
    """What is kept of a secret; its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_key() -> tuple[str, str, str]:
    """A key's short id, its secret, and what to keep of it: field value `<digest>:<expires>`."""
    secret = secrets.token_urlsafe(32)
    return secrets.token_hex(3), secret, f"{digest(secret)}:"


class Credentials:
    """Finds out which scanner calls."""

    def __init__(self, scanners: ScannerStore) -> None:
        self._scanners = scanners
        self._known: OrderedDict[str, Caller] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, api_key: str | None) -> Caller:
        """The caller. Raises MissingApiKey, InvalidApiKey or ScannerDisabled."""
        if not api_key:
            raise MissingApiKey
        key_id, _, secret = api_key.partition(".")
        secret_digest = digest(secret)
        known = self._known.get(key_id)
        if known and hmac.compare_digest(known.secret_digest, secret_digest):
            return known
        return self._look_up(key_id, secret_digest)

    def again(self, caller: Caller) -> Caller:
        """The caller by its record as it is now. Raises as `check` does."""
        self._known.pop(caller.key_id, None)
        return self._look_up(caller.key_id, caller.secret_digest)

    def _look_up(self, key_id: str, secret_digest: str) -> Caller:
        match = _KEY.fullmatch(key_id)
        if match is None:
            raise InvalidApiKey
        keys, scanner = SiteKeys(match["site"]), int(match["scanner"])
        record = self._scanners.record(keys, "scanner", scanner) or {}
        kept, _, expires = record.get(f"key:{match['key']}", "").partition(":")
        if not hmac.compare_digest(kept, secret_digest):
            raise InvalidApiKey
        if expires and int(expires) <= self._scanners.now_ms():
            raise InvalidApiKey("This key was replaced, and its grace period is over.")
        if record["enabled"] != "1":
            raise ScannerDisabled
        return self._remember(
            Caller(Holder(keys, scanner, record["auth"]), key_id, secret_digest, _networks(record)),
            forever=not expires,
        )

    def _remember(self, caller: Caller, *, forever: bool) -> Caller:
        with self._lock:
            if forever:
                self._known[caller.key_id] = replace(caller, remembered=True)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return caller


def _networks(record: Record) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in json.loads(record.get("allowed") or "[]"))
