"""What a scanner can have done: claim work, report on it, give it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from dispatch.credentials import Caller, Credentials
from dispatch.recutting import Recutting
from dispatch.spaces import Spaces
from domain.errors import RulesChanged, ScanToBeRecut, StaleRecord
from domain.rules import Rules
from queues.exchange import Beaten, Claimed, Controlled, Holder, Lease, Report
from queues.memory import RESULTS_BELOW, Memory
from queues.tasks import TaskStore
from queues.wakes import Park

T = TypeVar("T")
Told = TypeVar("Told", Controlled, Beaten)
_encode = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make one each time
RECUTS_AT_MOST = 100  # in one claim; where a window holds more, the next one goes on


@dataclass(frozen=True, slots=True)
class Work:
    """Each method is one script; a changed scanner record is read again and the call repeated."""

    tasks: TaskStore
    credentials: Credentials
    recutting: Recutting
    spaces: Spaces
    memory: Memory

    def claim(
        self,
        caller: Caller,
        *,
        address: str,
        limit: int,
        request_id: str,
        park: Park | None = None,
    ) -> Claimed:
        """Up to `limit` tasks. Raises IpBindingViolation for a client address not allowed.

        park: where a poll that finds nothing waits from then on; None: nowhere.
        Scans that are still to be cut by changed rules of the site are, first: ScanToBeRecut is
        raised only where too many are.
        """
        request = name_of(request_id)

        def claim(present: Caller) -> Claimed:
            present.check_address(address)
            for _ in range(RECUTS_AT_MOST):
                try:
                    return self.tasks.claim(present.holder, limit=limit, request=request, park=park)
                except ScanToBeRecut as stale:
                    self.recutting.recut(present.holder.keys, stale.scan)
            return self.tasks.claim(present.holder, limit=limit, request=request, park=park)

        claimed = self.as_known(caller, claim)
        self.spaces.learn(caller.holder.keys, claimed.leases)
        return claimed

    def rules_for(self, caller: Caller, leases: list[Lease]) -> Rules:
        """The rules that a scanner applies itself: to the addresses of names."""
        named = any(lease.segment.name is not None for lease in leases)
        return self.recutting.rules.of(caller.holder.keys) if named else Rules()

    def start(self, caller: Caller, task: int, attempt: int | None) -> None:
        """Begin a task."""
        self._do(caller, lambda holder: self.tasks.start(holder, task, attempt))

    def progress(
        self, caller: Caller, task: int, attempt: int | None, *, done: int, results: int
    ) -> Controlled:
        """Renew a lease; answers the control word and the task's rate."""
        return self._told(
            caller,
            lambda holder: self.tasks.progress(holder, task, attempt, done=done, results=results),
        )

    def results(
        self, caller: Caller, task: int, attempt: int, *, batch: int, results: list[dict[str, Any]]
    ) -> int:
        """Keep a batch of results; answers how many were accepted."""
        self.memory.check(RESULTS_BELOW)
        self.spaces.check(caller.holder, task, results)
        rows = _encode(results)
        self._do(
            caller,
            lambda holder: self.tasks.results(
                holder, task, attempt, batch=batch, count=len(results), rows=rows
            ),
        )
        return len(results)

    def complete(
        self,
        caller: Caller,
        task: int,
        attempt: int | None,
        *,
        status: str,
        results: int | None,
        message: str,
    ) -> None:
        """The final word on a task."""
        self._do(
            caller,
            lambda holder: self.tasks.complete(
                holder, task, attempt, status=status, results=results, message=message
            ),
        )

    def release(self, caller: Caller, task: int, attempt: int | None, *, done: int) -> None:
        """Give a task back."""
        self._do(caller, lambda holder: self.tasks.release(holder, task, attempt, done=done))

    def heartbeat(
        self, caller: Caller, report: Report, tasks: list[tuple[int, int | None]]
    ) -> Beaten:
        """Renew the leases of the listed tasks; answers which are not to go on."""
        return self._told(caller, lambda holder: self.tasks.heartbeat(holder, report, tasks))

    def recut(self, caller: Caller, scans: Iterable[int]) -> None:
        """Bring scans up to the rules of their site.

        While these change faster than scans can be cut, the old ones hold: leases were renewed.
        """
        with suppress(RulesChanged):
            for scan in scans:
                self.recutting.recut(caller.holder.keys, scan)

    def as_known(self, caller: Caller, call: Callable[[Caller], T]) -> T:
        """What a call brings; by the record read again, where that has changed."""
        try:
            return call(caller)
        except StaleRecord:
            return call(self.credentials.again(caller))

    def _told(self, caller: Caller, call: Callable[[Holder], Told]) -> Told:
        """What a holder is told; by the new rules, where its scan was cut by older ones."""
        said = self._do(caller, call)
        if not said.outdated:
            return said
        self.recut(caller, said.outdated)
        return self._do(caller, call)

    def _do(self, caller: Caller, call: Callable[[Holder], T]) -> T:
        return self.as_known(caller, lambda present: call(present.holder))


def name_of(request_id: str) -> str:
    """One short word for a request's id, or '' where it has none."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:16] if request_id else ""
