"""`python -m demo`: the main job on this machine's loopback, with a crash in the middle.

1. Open real TCP services, and start the server and three agents in one group.
2. Scan 127.0.0.0/24 for them, and kill an agent while it works.
3. Show what was found, and which tasks were handed out again.
4. Exit with 0 only if exactly the opened services were found, and the audit is clean.
"""

import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

from cli.errors import CliError
from cli.lazy import INTERRUPTED
from demo import fleet, report
from demo.services import NETWORK, NoServicesError, open_services
from demo.story import Story

AGENTS = ("north", "east", "west")


def main() -> int:
    """Run the demo; return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    began = time.monotonic()
    try:
        with ExitStack() as stack:
            wrong = _run(stack)
    except KeyboardInterrupt:
        click.echo("\ninterrupted; all that the demo started has ended", err=True)
        return INTERRUPTED
    except CliError as problem:
        wrong = [problem.format_message()]
    except NoServicesError as problem:
        wrong = [str(problem)]
    report.show_verdict(wrong, seconds=time.monotonic() - began)
    return 1 if wrong else 0


def _run(stack: ExitStack) -> list[str]:
    """Play the whole story; return what went wrong, a sentence each."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scandispatch-demo-")))
    services = stack.enter_context(open_services())
    report.say(f"{len(services.expected)} services are open, on {services.hosts} addresses")
    api = stack.enter_context(fleet.server(folder))
    report.say(f"the server is up at {api.connection.url}")
    made = [fleet.register(api, name) for name in AGENTS]
    names = {scanner["scannerId"]: scanner["name"] for scanner in made}
    group = api.post("/api/groups", {"name": "demo", "scannerIds": list(names)})
    agents = [stack.enter_context(fleet.agent(api, scanner, folder)) for scanner in made]
    fleet.wait_for_agents(api, agents, folder)
    report.say(f"the agents {', '.join(AGENTS)} are online, in one group")
    report.say(f"scanning {NETWORK} for ports {services.ports}")
    story = Story(api, agents, group["groupId"], services.ports)
    story.play()
    audit = fleet.audit(folder)
    return report.show(story, services, names=names, audit=audit)


if __name__ == "__main__":
    sys.exit(main())
