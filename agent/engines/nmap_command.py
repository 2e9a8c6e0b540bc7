"""The command line for nmap: everything in it is a word of ours, a number or a parsed network."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from agent.engines import arguments
from agent.rate import MOST_ABOVE, PACE
from agent.targets import Block

HOSTS_AT_ONCE = 64  # nmap reports a group of hosts when all of it is done
LATE_SECONDS = 0.05  # that nmap may be late, and make up for, without passing its rate
SLOW_RATE = 7  # nmap asks 20 services at once, and waits 5 s for each connect
SLOW_PARALLEL_SECONDS = 3
STATS_SECONDS = 2  # an nmap whose agent was killed dies at its next word: the pipe is gone


@dataclass(frozen=True)
class NmapArguments:
    """`timing` 0-5 (nmap's -T), `versionDetection` (-sV)."""

    timing: int | None
    version_detection: bool

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "NmapArguments":
        """Read them.

        Raises:
            JobError: one that is unknown or out of bounds.
        """
        arguments.refuse_unknown(raw, ("timing", "versionDetection"))
        timing = arguments.number(raw, "timing", default=3, least=0, most=5)
        return cls(
            timing=int(timing) if "timing" in raw else None,
            version_detection=arguments.flag(raw, "versionDetection", default=False),
        )


def runs(blocks: list[Block]) -> Iterator[list[Block]]:
    """Neighbours that one nmap can do together: the same ports, the same family of addresses."""
    for _, group in groupby(blocks, key=lambda b: (b.network.version, b.ports)):
        yield list(group)


def command(
    binary: str,
    options: NmapArguments,
    block: Block,
    *,
    rate: float | None,
    proxy: str | None = None,
) -> list[str]:
    """The words of a run over blocks like this one; their networks go to its standard input.

    `proxy` is for the version detection only: nmap's port scan never uses one.
    """
    words = [binary, "-oX", "-", "-iL", "-", "-n", "-Pn", "-sT", "-p", str(block.ports)]
    words += ["--max-hostgroup", str(HOSTS_AT_ONCE), "--stats-every", f"{STATS_SECONDS}s"]
    words += ["-6"] if block.network.version == 6 else []  # noqa: PLR2004
    words += _rate_words(rate) if rate is not None else []
    words += [f"-T{options.timing}"] if options.timing is not None else []
    words += ["-sV"] if options.version_detection else []
    words += ["--proxies", proxy] if proxy is not None else []
    return words


def _rate_words(rate: float) -> list[str]:
    """Both rates: with the first alone, addresses that are silent hold nmap to a few a second."""
    told = f"{told_rate(rate):.6g}"
    words = ["--max-rate", told, "--min-rate", told]
    if rate < SLOW_RATE:  # nobody may wait so long for their turn that nmap takes it for silence
        words += ["--max-parallelism", str(max(1, int(SLOW_PARALLEL_SECONDS * rate)))]
    return words


def told_rate(rate: float) -> float:
    """What nmap is told, so that no second has more than `rate` and 5 %: it makes up for lateness.

    At a `rate` of 10 there must be no eleventh probe within a second, so ten take a little longer.
    """
    most = max(1, math.floor(MOST_ABOVE * rate)) if rate >= 1 else rate
    return min(PACE * rate, most / (1 + LATE_SECONDS))


def target_list(blocks: list[Block]) -> bytes:
    """One network a line, none twice."""
    return "".join(f"{network}\n" for network in dict.fromkeys(b.network for b in blocks)).encode()
