"""Which engines this machine can run, and the shares of its limits that each is given."""

from collections.abc import Sequence

from agent import machine
from agent.engines.connect import ConnectEngine
from agent.engines.engine import Engine
from agent.engines.nmap import NmapEngine
from agent.errors import OptionError
from agent.rate import Pacer


def engines_for(
    names: Sequence[str], *, slots: int, max_probes_per_second: int | None
) -> dict[str, Engine]:
    """The engines by name; no names means all that this machine can run.

    Raises:
        OptionError: an engine that does not exist, or is not installed here.
    """
    limit = max_probes_per_second
    pacer = Pacer(limit) if limit else None
    share = limit / slots if limit else None
    engines: list[Engine] = [
        ConnectEngine(pacer=pacer, in_flight=machine.in_flight_per_task(slots))
    ]
    if binary := machine.nmap_binary():
        engines.append(NmapEngine(binary=binary, pacer=pacer, share=share))
    here = {engine.name: engine for engine in engines}
    for name in names:
        if name not in here:
            raise OptionError(
                f"engine {name!r} is not available: this machine has {', '.join(here)}"
            )
    return {name: here[name] for name in names or here}
