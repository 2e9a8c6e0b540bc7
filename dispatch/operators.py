"""Who an operator is: tokens, roles, and the limit on failed attempts."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from dispatch.credentials import digest
from domain.errors import (
    AlreadyExists,
    Forbidden,
    InvalidToken,
    MissingToken,
    NotFound,
    RoleTooLow,
    TooManyAttempts,
)
from queues.keys import SiteKeys
from queues.sites import DEFAULT_SITE, SiteStore
from queues.tokens import FAILURES_SECONDS, TokenStore

FAILURES_ALLOWED = 100


class Role(IntEnum):
    """What a token allows; each role may do what the ones before it may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Operator:
    """Who calls. site None is a token for all of them."""

    token_id: str
    role: Role
    site: str | None

    def require(self, role: Role) -> None:
        """Raise RoleTooLow where the token allows less."""
        if self.role < role:
            raise RoleTooLow(f"This needs the role {role.name.lower()}.")


@dataclass(frozen=True, slots=True)
class Operators:
    """Tokens; the bootstrap token, where one is set, is an admin's for every site."""

    store: TokenStore
    sites: SiteStore
    bootstrap_token: str | None

    def check(self, token: str | None, *, address: str) -> Operator:
        """The operator who calls from this address.

        Raises MissingToken, InvalidToken or, where too many were invalid, TooManyAttempts.
        """
        if not token:
            raise MissingToken
        bootstrap = self.bootstrap_token
        if bootstrap and hmac.compare_digest(token.encode(), bootstrap.encode()):
            return Operator("bootstrap", Role.ADMIN, None)
        record = self.store.find(digest(token))
        if record is None:
            self.count_failure(address)
            raise InvalidToken
        return Operator(record["tokenId"], Role[record["role"].upper()], record["site"])

    def site_for(self, operator: Operator, wanted: str | None) -> SiteKeys:
        """The site of a call. Raises Forbidden for another one's, NotFound for none."""
        site = wanted or operator.site or DEFAULT_SITE
        if operator.site not in {None, site}:
            raise Forbidden(f"This token belongs to the site {operator.site}.")
        if self.sites.find(site) is None:
            raise NotFound(f"There is no site {site[:40]!r}.")
        return SiteKeys(site)

    def count_failure(self, address: str) -> None:
        """Raise TooManyAttempts where this address has failed too often."""
        if self.store.count_failure(address) > FAILURES_ALLOWED:
            raise TooManyAttempts(retry_after_seconds=FAILURES_SECONDS)

    def create_first_admin(self) -> str:
        """A new admin's token for every site. Raises AlreadyExists where there is one."""
        if self.store.any_admin():
            raise AlreadyExists("There is an admin token already; it was printed once.")
        token = secrets.token_urlsafe(32)
        record: dict[str, Any] = {"name": "first admin", "role": "admin", "site": None}
        self.store.add(digest(token), {**record, "tokenId": secrets.token_hex(6)})
        return token
