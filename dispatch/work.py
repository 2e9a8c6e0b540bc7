"""What a scanner can have done: claim work, report on it, give it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from dispatch.credentials import Caller, Credentials
from dispatch.recutting import Recutting
from dispatch.spaces import Spaces
from domain.errors import RulesChanged, ScanToBeRecut, StaleRecord
from domain.rules import Rules
from queues.memory import RESULTS_BELOW, Memory
from queues.tasks import Beaten, Claimed, Controlled, Holder, Report, TaskStore

T = TypeVar("T")
Told = TypeVar("Told", Controlled, Beaten)
RECUTS_AT_MOST = 100  # in one claim; where a window holds more, the next one goes on


@dataclass(frozen=True, slots=True)
class Work:
    """Each method is one script; a changed scanner record is read again and the call repeated."""

    tasks: TaskStore
    credentials: Credentials
    recutting: Recutting
    spaces: Spaces
    memory: Memory

    def claim(self, caller: Caller, *, address: str, limit: int, request_id: str) -> Claimed:
        """Up to `limit` tasks. Raises IpBindingViolation for a client address not allowed.

        Scans that are still to be cut by changed rules of the site are, first: ScanToBeRecut is
        raised only where too many are.
        """
        request = hashlib.sha256(request_id.encode()).hexdigest()[:16] if request_id else ""

        def claim(present: Caller) -> Claimed:
            present.check_address(address)
            for _ in range(RECUTS_AT_MOST):
                try:
                    return self.tasks.claim(present.holder, limit=limit, request=request)
                except ScanToBeRecut as stale:
                    self.recutting.recut(present.holder.keys, stale.scan)
            return self.tasks.claim(present.holder, limit=limit, request=request)

        claimed = self._as_known(caller, claim)
        for lease in claimed.leases:
            self.spaces.learn(caller.holder.keys, lease)
        return claimed

    def rules_for(self, caller: Caller, claimed: Claimed) -> Rules:
        """The rules that a scanner applies itself: to the addresses of names."""
        named = any(lease.segment.name is not None for lease in claimed.leases)
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
        rows = json.dumps(results, separators=(",", ":"))
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

    def _told(self, caller: Caller, call: Callable[[Holder], Told]) -> Told:
        """What a holder is told; where rules have changed since its scan was cut, by the new ones.

        While they change faster than scans can be cut, by the old ones: its lease is renewed.
        """
        said = self._do(caller, call)
        if not said.outdated:
            return said
        with suppress(RulesChanged):
            for scan in said.outdated:
                self.recutting.recut(caller.holder.keys, scan)
        return self._do(caller, call)

    def _do(self, caller: Caller, call: Callable[[Holder], T]) -> T:
        return self._as_known(caller, lambda present: call(present.holder))

    def _as_known(self, caller: Caller, call: Callable[[Caller], T]) -> T:
        try:
            return call(caller)
        except StaleRecord:
            return call(self.credentials.again(caller))
