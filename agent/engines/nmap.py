"""The nmap engine: runs the installed nmap as a connect scan, and reads its XML as it comes."""

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Literal

from agent import clock
from agent.brake import Brake
from agent.engines.child import Child
from agent.engines.nmap_command import NmapArguments, command, runs, target_list
from agent.engines.nmap_xml import NmapHost, NmapPort, NmapReader
from agent.engines.paced_proxy import PacedProxy
from agent.errors import EngineError
from agent.finding import Finding
from agent.findings import Findings
from agent.job import Job
from agent.names import plan
from agent.ports import LAST_PORT
from agent.rate import Pacer
from agent.targets import Address, Block, without

_CONGESTED_SECONDS = 0.05
_HELD_UP_SECONDS = 1.0  # nmap makes up for any pause as fast as it can: a new one begins anew


class NmapEngine:
    """Shared by all its tasks; each run is lent at most `share` probes a second of `pacer`."""

    name = "nmap"

    def __init__(self, *, binary: str, pacer: Pacer | None, share: float | None) -> None:
        self._binary = binary
        self._pacer = pacer
        self._share = share

    def run(self, job: Job, findings: Findings, brake: Brake) -> None:
        """See `Engine.run`."""
        options = NmapArguments.parse(job.engine_args)
        rates = [r for r in (job.max_probes_per_second, self._share) if r is not None]
        rate = min(rates, default=None)
        with ExitStack() as stack:
            if self._pacer and rate is not None:
                stack.enter_context(self._pacer.lent(rate))
            for blocks in runs(plan(job, findings, brake)):
                left = blocks
                while left and not brake.on:
                    left = self._run(options, left, rate, findings, brake)

    def _run(
        self,
        options: NmapArguments,
        blocks: list[Block],
        rate: float | None,
        findings: Findings,
        brake: Brake,
    ) -> list[Block]:
        """Run nmap once; answers what is left to do where it had to be ended too early."""
        run = _Run(blocks, findings)
        with ExitStack() as stack:
            proxy = None
            if rate is not None and options.version_detection:
                proxy = stack.enter_context(PacedProxy(blocks, rate)).url
            words = command(self._binary, options, blocks[0], rate=rate, proxy=proxy)
            child = stack.enter_context(_started(words, blocks))
            looked = clock.now()
            for piece in child.output():
                run.read(piece)
                while findings.congested and not brake.on:
                    brake.wait(_CONGESTED_SECONDS)
                if brake.on:
                    return []
                if rate is not None and clock.now() - looked > _HELD_UP_SECONDS:
                    return run.left()
                looked = clock.now()
            whole = run.finish()
            code, complaint = child.ended()
        if code or not whole:
            state = f"ended with code {code}" if code else "broke off in the middle of its report"
            raise EngineError(f"nmap {state}: {complaint}".rstrip(": "))
        return []


class _Run:
    """What one nmap has reported."""

    def __init__(self, blocks: list[Block], findings: Findings) -> None:
        self._blocks = blocks
        self._findings = findings
        self._reader = NmapReader()
        self._done: set[Address] = set()

    def read(self, piece: bytes) -> None:
        """Take in a piece of its report."""
        self._report(self._reader.feed(piece))

    def finish(self) -> bool:
        """Take in the rest; whether the report was whole."""
        hosts, whole = self._reader.finish()
        self._report(hosts)
        return whole

    def left(self) -> list[Block]:
        """What it has not reported."""
        return without(self._blocks, self._done)

    def _report(self, hosts: Iterable[NmapHost]) -> None:
        for host in hosts:
            for block, address, index in _places(host, self._blocks):
                for port in host.ports:
                    if port.state == "open" and 0 < port.number <= LAST_PORT:
                        self._findings.add(_finding(address, block.name, port))
                self._findings.host_done(index)
                self._done.add(address)


def _started(words: list[str], blocks: list[Block]) -> Child:
    try:
        return Child(words, target_list(blocks))
    except OSError as error:
        raise EngineError(f"nmap could not be started: {error}") from error


def _places(host: NmapHost, blocks: list[Block]) -> Iterator[tuple[Block, Address, int]]:
    """Where among the targets a host stands; nowhere, where nmap speaks of a stranger."""
    try:
        address = ipaddress.ip_address(host.address)
    except ValueError:
        return
    for block in blocks:
        index = block.index_of(address)
        if index is not None:
            yield block, address, index


def _finding(address: Address, name: str | None, port: NmapPort) -> Finding:
    protocol: Literal["tcp", "udp"] = "udp" if port.protocol == "udp" else "tcp"
    return Finding(
        host=address,
        name=name,
        port=port.number,
        protocol=protocol,
        state="open",
        service=port.service,
        product=port.product,
        version=port.version,
    )
