"""The nmap engine: runs the installed nmap as a connect scan, and reads its XML as it comes."""

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Literal

from agent.brake import Brake
from agent.engines.child import Child
from agent.engines.nmap_command import NmapArguments, command, runs, target_list
from agent.engines.nmap_xml import NmapHost, NmapPort, NmapReader
from agent.errors import EngineError
from agent.finding import Finding
from agent.findings import Findings
from agent.job import Job
from agent.names import plan
from agent.ports import LAST_PORT
from agent.rate import Pacer
from agent.targets import Address, Block

_CONGESTED_SECONDS = 0.05


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
                if not brake.on:
                    words = command(self._binary, options, blocks[0], rate=rate)
                    self._run(words, blocks, findings, brake)

    def _run(self, words: list[str], blocks: list[Block], findings: Findings, brake: Brake) -> None:
        reader = NmapReader()
        with _started(words, blocks) as child:
            for piece in child.output():
                _report(reader.feed(piece), blocks, findings)
                while findings.congested and not brake.on:
                    brake.wait(_CONGESTED_SECONDS)
                if brake.on:
                    return
            hosts, whole = reader.finish()
            _report(hosts, blocks, findings)
            code, complaint = child.ended()
        if code or not whole:
            state = f"ended with code {code}" if code else "broke off in the middle of its report"
            raise EngineError(f"nmap {state}: {complaint}".rstrip(": "))


def _started(words: list[str], blocks: list[Block]) -> Child:
    try:
        return Child(words, target_list(blocks))
    except OSError as error:
        raise EngineError(f"nmap could not be started: {error}") from error


def _report(hosts: Iterable[NmapHost], blocks: list[Block], findings: Findings) -> None:
    for host in hosts:
        for block, address, index in _places(host, blocks):
            for port in host.ports:
                if port.state == "open" and 0 < port.number <= LAST_PORT:
                    findings.add(_finding(address, block.name, port))
            findings.host_done(index)


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
