"""The command line for nmap: everything in it is a word of ours, a number or a parsed network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from agent.engines import arguments
from agent.targets import Block

HOSTS_AT_ONCE = 64  # nmap reports a group of hosts when all of it is done
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


def command(binary: str, options: NmapArguments, block: Block, *, rate: float | None) -> list[str]:
    """The words of a run over blocks like this one; their networks go to its standard input."""
    words = [binary, "-oX", "-", "-iL", "-", "-n", "-Pn", "-sT", "-p", str(block.ports)]
    words += ["--max-hostgroup", str(HOSTS_AT_ONCE), "--stats-every", f"{STATS_SECONDS}s"]
    words += ["-6"] if block.network.version == 6 else []  # noqa: PLR2004
    words += ["--max-rate", f"{rate:g}"] if rate is not None else []
    words += [f"-T{options.timing}"] if options.timing is not None else []
    words += ["-sV"] if options.version_detection else []
    return words


def target_list(blocks: list[Block]) -> bytes:
    """One network a line, none twice."""
    return "".join(f"{network}\n" for network in dict.fromkeys(b.network for b in blocks)).encode()
