"""The one exception tree. An exception's docstring is its message; `code` is what clients rely on.

DispatchError
├── Unauthenticated             401   MissingApiKey, InvalidApiKey, MissingToken, InvalidToken
├── TooManyAttempts             429
├── Forbidden                   403   ScannerDisabled, IpBindingViolation, JobNotOwned, RoleTooLow
├── NotFound                    404   JobNotFound
├── Conflict                    409   InvalidTransition, LeaseLost, BatchGap, AlreadyExists
├── Invalid                     422   (fields and their sentences)
├── StoreFull                   503
├── Busy                        503
├── StaleRecord                 503   leaves the dispatch layer only if it changes twice at once
├── RulesChanged                503   leaves it only if rules change many times at once
└── ScanToBeRecut               503   likewise
"""

from __future__ import annotations

from typing import ClassVar


class DispatchError(Exception):
    """Something that was asked for cannot be done."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    retryable: ClassVar[bool] = False

    def __init__(
        self, detail: str | None = None, *, retry_after_seconds: int | None = None
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.retry_after_seconds = retry_after_seconds
        super().__init__(self.detail)


class Unauthenticated(DispatchError):
    """The caller is not known."""

    status = 401
    code = "UNAUTHENTICATED"


class MissingApiKey(Unauthenticated):
    """Send the scanner's key in the header X-API-Key: <keyId>.<secret>."""

    code = "MISSING_API_KEY"


class InvalidApiKey(Unauthenticated):
    """This key is unknown, wrong or revoked."""

    code = "INVALID_API_KEY"


class MissingToken(Unauthenticated):
    """Send an operator token in the header Authorization: Bearer <token>."""

    code = "MISSING_TOKEN"


class InvalidToken(Unauthenticated):
    """This token is unknown or revoked."""

    code = "INVALID_TOKEN"


class TooManyAttempts(DispatchError):
    """Too many failed attempts to authenticate came from this address; wait, then try again."""

    status = 429
    code = "TOO_MANY_ATTEMPTS"
    retryable = True


class Forbidden(DispatchError):
    """The caller is known, and may not do this."""

    status = 403
    code = "FORBIDDEN"


class ScannerDisabled(Forbidden):
    """An operator disabled this scanner."""

    code = "SCANNER_DISABLED"


class IpBindingViolation(Forbidden):
    """This scanner may not fetch jobs from this address."""

    code = "IP_BINDING_VIOLATION"


class JobNotOwned(Forbidden):
    """This job is another scanner's and never was this one's."""

    code = "JOB_NOT_OWNED"


class RoleTooLow(Forbidden):
    """The token's role does not allow this."""


class NotFound(DispatchError):
    """There is no such thing here."""

    status = 404
    code = "NOT_FOUND"


class JobNotFound(NotFound):
    """No such job in this site, or it finished so long ago that only its coverage is kept."""

    code = "JOB_NOT_FOUND"


class Conflict(DispatchError):
    """The present state does not allow this."""

    status = 409
    code = "CONFLICT"


class InvalidTransition(Conflict):
    """The present state does not allow this step."""

    code = "INVALID_TRANSITION"


class LeaseLost(Conflict):
    """The job was taken back; results that came with the call are kept, marked late. Stop it."""

    code = "LEASE_LOST"


class BatchGap(Conflict):
    """A batch before this one is missing; send the batches of an attempt in order."""

    code = "BATCH_GAP"


class AlreadyExists(Conflict):
    """There is one already."""

    code = "ALREADY_EXISTS"


class Invalid(DispatchError):
    """The request's fields do not fit together."""

    status = 422
    code = "VALIDATION_ERROR"

    def __init__(self, errors: dict[str, list[str]], detail: str | None = None) -> None:
        super().__init__(detail or "; ".join(f"{k}: {v[0]}" for k, v in errors.items())[:500])
        self.errors = errors


class StoreFull(DispatchError):
    """The store is nearly full; what is new is not taken until there is room."""

    status = 503
    code = "STORE_FULL"
    retryable = True


class Busy(DispatchError):
    """This process already sends as many exports or event streams as it takes on; try again."""

    status = 503
    code = "BUSY"
    retryable = True


class StaleRecord(DispatchError):
    """The scanner's record has changed since it was checked; read it again."""

    status = 503
    code = "STALE_RECORD"
    retryable = True


class RulesChanged(DispatchError):
    """The rules of this site changed meanwhile; try again."""

    status = 503
    code = "RULES_CHANGED"
    retryable = True


class ScanToBeRecut(DispatchError):
    """The rules of this site changed, and a scan is still to be cut by them; try again."""

    status = 503
    code = "RULES_CHANGED"
    retryable = True

    def __init__(self, scan: int) -> None:
        super().__init__()
        self.scan = scan
