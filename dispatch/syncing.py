"""All that a scanner has to say in one call, and its next tasks: one script for all of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from dispatch.credentials import Caller
from dispatch.spaces import Result
from dispatch.work import Work, name_of
from domain.errors import DispatchError, LeaseLost, RulesChanged, ScanToBeRecut
from queues.exchange import Holder, Lease, Report, Said, Synced
from queues.memory import RESULTS_BELOW

RUNNING = "running"
LEASE_LOST = "lease_lost"


class Reports(NamedTuple):
    """What a scanner says of tasks; found: by place in `said`, which spells them, results."""

    said: list[Said]
    found: dict[int, list[Result]]


class Wanted(NamedTuple):
    """How many new tasks at most, by which request and from which address."""

    limit: int
    request_id: str
    address: str


class Answer(NamedTuple):
    """What a scanner is told.

    leases: its next tasks; wait_ms: where there are none, for how long it need not ask. control:
    the words for tasks that are not to go on. errors: each report that was refused, and why.
    """

    drain: bool
    leases: list[Lease]
    wait_ms: int
    control: dict[int, str]
    errors: list[tuple[int, DispatchError]]


@dataclass(frozen=True, slots=True)
class Syncing:
    """Says all at once what Work's methods say one by one."""

    work: Work

    def sync(self, caller: Caller, wanted: Wanted, report: Report, jobs: Reports) -> Answer:
        """Take the reports in their order, each whole or not at all; then hand out new tasks.

        1. Refuse the reports whose results cannot be kept; the others are not concerned.
        2. Tell the store the rest, and claim, in one script.
        3. Where it met scans that are cut by older rules, recut these and ask once more.
        4. Claim, where the script could not.

        Raises IpBindingViolation where tasks are wanted from an address not allowed.
        """
        said, errors = self._sorted_out(caller.holder, jobs)
        request = name_of(wanted.request_id)

        def tell(present: Caller) -> Synced:
            if wanted.limit:
                present.check_address(wanted.address)
            return self.work.tasks.sync(present.holder, wanted.limit, request, report, said)

        synced = self.work.as_known(caller, tell)
        answer = _answer(errors, synced)
        self.work.spaces.learn(caller.holder.keys, answer.leases)
        if synced.outdated:
            self.work.recut(caller, synced.outdated)
            answer = self._with_new_words(caller, said, answer)
        if wanted.limit and synced.wait_ms is None:
            answer = self._with_tasks(caller, wanted, answer)
        return answer

    def _sorted_out(
        self, holder: Holder, jobs: Reports
    ) -> tuple[list[Said], list[tuple[int, DispatchError]]]:
        """The reports for the store, and why it is not to be given the others."""
        found = {at: results for at, results in jobs.found.items() if results}
        if not found:
            return jobs.said, []
        self.work.spaces.meet(holder.keys, [jobs.said[at].task for at in found])
        taken, errors = [], []
        for at, said in enumerate(jobs.said):
            try:
                if at in found:
                    self._check_results(holder, said.task, found[at])
            except DispatchError as error:
                errors.append((said.task, error))
            else:
                taken.append(said)
        return taken, errors

    def _check_results(self, holder: Holder, task: int, found: list[Result]) -> None:
        self.work.memory.check(RESULTS_BELOW)
        self.work.spaces.check(holder, task, found)

    def _with_new_words(self, caller: Caller, said: list[Said], answer: Answer) -> Answer:
        """The words by the new rules, for the running tasks that are still the scanner's."""
        refused = {task for task, _ in answer.errors}
        running: dict[int, int | None] = {
            one.task: one.attempt
            for one in said
            if one.state == RUNNING and one.task not in refused
        }
        if not running:
            return answer
        held = list(running.items())
        beaten = self.work.as_known(
            caller, lambda present: self.work.tasks.heartbeat(present.holder, Report(), held)
        )
        others = {task: word for task, word in answer.control.items() if task not in running}
        return answer._replace(control=others | beaten.control)

    def _with_tasks(self, caller: Caller, wanted: Wanted, answer: Answer) -> Answer:
        """The tasks that could not be cut before."""
        with suppress(
            RulesChanged, ScanToBeRecut
        ):  # the reports are taken; tasks come with the next call
            claimed = self.work.claim(
                caller,
                address=wanted.address,
                limit=wanted.limit,
                request_id=wanted.request_id,
            )
            return answer._replace(leases=claimed.leases, wait_ms=claimed.wait_ms)
        return answer


def _answer(errors: list[tuple[int, DispatchError]], synced: Synced) -> Answer:
    refused = synced.refused
    lost = {task: LEASE_LOST for task, error in refused.items() if isinstance(error, LeaseLost)}
    return Answer(
        drain=synced.drain,
        leases=synced.leases,
        wait_ms=synced.wait_ms or 0,
        control=synced.control | lost,
        errors=[*errors, *refused.items()],
    )
