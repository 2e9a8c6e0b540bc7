"""Looks up the names among a job's targets, and holds the answers to exclusions and scopes.

A name may lead anywhere by the time it is scanned, so the rules that the server applied to
networks are applied here to addresses (design, section 2).
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from agent.brake import Brake
from agent.findings import Findings
from agent.job import Job
from agent.targets import Address, Block, Network

LANES = 8
MOST_ADDRESSES = 64
_POLL_SECONDS = 0.1

Found = Sequence[Address] | OSError
Answer = tuple[str, Found]
Answers = Mapping[str, Found]


def plan(job: Job, findings: Findings, brake: Brake) -> list[Block]:
    """The networks to probe, in order; names are looked up first, all lanes at once."""
    answers = look_up([t.where for t in job.targets if isinstance(t.where, str)], brake)
    blocks: list[Block] = []
    index = 0
    for target in job.targets:
        if not isinstance(target.where, str):
            blocks.append(Block(index, target.where, target.ports))
        elif target.where in answers:
            addresses = _allowed(target.where, answers, job, findings)
            findings.expect(index, len(addresses))
            blocks += [
                Block(index, ipaddress.ip_network(address), target.ports, target.where)
                for address in addresses
            ]
        index += target.hosts
    return blocks


def look_up(names: Sequence[str], brake: Brake) -> Answers:
    """Addresses of each name, or why there are none; what is not known in time is left out.

    The resolver cannot be interrupted, so it runs in threads that nobody waits for.
    """
    arrived: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    wanted = list(dict.fromkeys(names))
    for lane in range(min(LANES, len(wanted))):
        threading.Thread(
            target=_lane, args=(wanted[lane::LANES], brake, arrived.put), daemon=True
        ).start()
    answers: dict[str, Found] = {}
    while len(answers) < len(wanted) and not brake.on:
        try:
            answers.update([arrived.get(timeout=_POLL_SECONDS)])
        except queue.Empty:
            continue
    return answers


def permitted(address: Address, job: Job) -> bool:
    """Whether the site's rules let this address be probed."""
    if any(_within(address, network) for network in job.exclusions):
        return False
    return not job.scopes or any(_within(address, network) for network in job.scopes)


def _allowed(name: str, answers: Answers, job: Job, findings: Findings) -> list[Address]:
    answer = answers[name]
    if isinstance(answer, OSError):
        findings.remark(f"{name}: {answer.strerror or answer}")
        return []
    kept = [address for address in answer if permitted(address, job)]
    if not answer:
        findings.remark(f"{name}: has no address that can be probed")
    elif not kept:
        findings.remark(f"{name}: every address is excluded or out of scope")
    elif len(kept) < len(answer):
        left_out = f"{len(answer) - len(kept)} of {len(answer)} addresses"
        findings.remark(f"{name}: {left_out} excluded or out of scope")
    return kept


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _lane(names: Iterable[str], brake: Brake, put: Callable[[Answer], None]) -> None:
    for name in names:
        if brake.on:
            return
        try:
            put((name, _resolve(name)))
        except OSError as error:
            put((name, error))


def _resolve(name: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"not a name that can be looked up: {error}") from error
    literals = [str(entry[4][0]) for entry in found]
    addresses = [_plain(ipaddress.ip_address(text)) for text in literals if "%" not in text]
    return list(dict.fromkeys(addresses))[:MOST_ADDRESSES]


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped one stands for: rules are written for that."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
