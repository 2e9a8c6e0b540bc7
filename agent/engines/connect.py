"""The built-in engine: plain TCP connects, many in flight, at exactly the rate allowed."""

import asyncio
import errno
import math
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from agent.brake import Brake
from agent.engines import arguments
from agent.engines.probe import BANNER_SECONDS, Outcome, probe
from agent.engines.turn import turn
from agent.finding import Finding
from agent.findings import Findings
from agent.job import Job
from agent.names import plan
from agent.rate import Pacer
from agent.targets import Address, Block

_WATCH_SECONDS = 0.1
_CONGESTED_SECONDS = 0.05
_UNPACED_IN_FLIGHT = 1024  # where there is no rate, this is what holds a task back


@dataclass(frozen=True)
class ConnectArguments:
    """`timeoutSeconds` 0.1-30; `banner`; `report`: `open` ports only, or `all`."""

    timeout_seconds: float
    banner: bool
    report_all: bool

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "ConnectArguments":
        """Read them.

        Raises:
            JobError: one that is unknown or out of bounds.
        """
        arguments.refuse_unknown(raw, ("timeoutSeconds", "banner", "report"))
        report = arguments.choice(raw, "report", default="open", allowed=("open", "all"))
        return cls(
            timeout_seconds=arguments.number(raw, "timeoutSeconds", default=2, least=0.1, most=30),
            banner=arguments.flag(raw, "banner", default=True),
            report_all=report == "all",
        )

    def wanted_in_flight(self, rate: int | None) -> int:
        """How many connects are open where nobody answers, and the rate is to hold nevertheless."""
        if rate is None:
            return _UNPACED_IN_FLIGHT
        return math.ceil(rate * (self.timeout_seconds + BANNER_SECONDS)) + 1


class ConnectEngine:
    """Shared by all its tasks; `pacer` is the scanner's own limit, `in_flight` is for each task."""

    name = "connect"

    def __init__(self, *, pacer: Pacer | None, in_flight: int) -> None:
        self._pacer = pacer
        self._in_flight = in_flight

    def run(self, job: Job, findings: Findings, brake: Brake) -> None:
        """See `Engine.run`."""
        options = ConnectArguments.parse(job.engine_args)
        blocks = plan(job, findings, brake)
        own = Pacer(job.max_probes_per_second) if job.max_probes_per_second else None
        pacers = [pacer for pacer in (own, self._pacer) if pacer]
        in_flight = min(self._in_flight, options.wanted_in_flight(job.max_probes_per_second))
        sweep = _Sweep(options, findings, brake, pacers, in_flight)
        asyncio.run(sweep.run(blocks))


@dataclass
class _Host:
    """One address while its ports are being probed."""

    index: int
    address: Address
    name: str | None
    unfinished: int
    failure: OSError | None = field(default=None)


class _Sweep:
    """One pass over a job's blocks, address by address, pipelined."""

    def __init__(
        self,
        options: ConnectArguments,
        findings: Findings,
        brake: Brake,
        pacers: list[Pacer],
        in_flight: int,
    ) -> None:
        self._options = options
        self._findings = findings
        self._brake = brake
        self._pacers = pacers
        self._free = asyncio.Semaphore(in_flight)

    async def run(self, blocks: Iterable[Block]) -> None:
        """Probe until done, or until the brake is on."""
        probing = asyncio.create_task(self._probe_all(blocks))
        while not probing.done():
            await asyncio.wait({probing}, timeout=_WATCH_SECONDS)
            if self._brake.on:
                probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing

    async def _probe_all(self, blocks: Iterable[Block]) -> None:
        async with asyncio.TaskGroup() as group:
            async for host, port in self._due(blocks):
                group.create_task(self._probe(host, port))

    async def _due(self, blocks: Iterable[Block]) -> AsyncIterator[tuple[_Host, int]]:
        """Each probe at the moment when it may go, holding a place among those in flight."""
        for block in blocks:
            for index, address in block.addresses():
                host = _Host(index, address, block.name, len(block.ports))
                for port in block.ports:
                    await self._free.acquire()
                    if host.failure is None:
                        await self._permitted()
                        yield host, port
                    else:
                        self._port_done(host)

    async def _permitted(self) -> None:
        while self._findings.congested:  # noqa: ASYNC110 - another thread takes batches away
            await asyncio.sleep(_CONGESTED_SECONDS)
        await turn(self._pacers)

    async def _probe(self, host: _Host, port: int) -> None:
        options = self._options
        try:
            outcome = await probe(
                host.address,
                port,
                timeout_seconds=options.timeout_seconds,
                banner=options.banner,
            )
        except OSError as error:
            self._host_failed(host, error)
        else:
            self._port_judged(host, port, outcome)
        self._port_done(host)

    def _port_judged(self, host: _Host, port: int, outcome: Outcome) -> None:
        if outcome.state != "open" and not self._options.report_all:
            return
        self._findings.add(
            Finding(
                host=host.address,
                name=host.name,
                port=port,
                protocol="tcp",
                state=outcome.state,
                banner=outcome.banner,
            )
        )

    def _host_failed(self, host: _Host, error: OSError) -> None:
        """A failure on our side fails the address, once, and never the task."""
        if host.failure is not None:
            return
        host.failure = error
        reason = f"{errno.errorcode.get(error.errno or 0, 'error')}: {error.strerror or error}"
        self._findings.remark(f"{host.address} not probed, {reason}")
        self._findings.add(Finding(host=host.address, name=host.name, state="down", error=reason))

    def _port_done(self, host: _Host) -> None:
        self._free.release()
        host.unfinished -= 1
        if host.unfinished == 0:
            self._findings.host_done(host.index, probed=host.failure is None)
