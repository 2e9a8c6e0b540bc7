"""The command `scandispatch`: which commands there are, and where each lies."""

import click

from cli.errors import EXIT_CODES
from cli.lazy import LazyGroup

COMMANDS = {
    "up": ("cli.up:up", "Run the whole dispatch plane on this machine."),
    "scanner": ("cli.scanners:scanner", "Register scanners, and see how they are."),
    "group": ("cli.groups:group", "Put scanners into groups."),
    "scan": ("cli.scans:scan", "Create scans, watch them, read what they found."),
    "port-list": ("cli.port_lists:port_list", "Give lists of ports a name."),
    "subnet": ("cli.rules:subnet", "Limit how many probes a second reach some addresses."),
    "exclusion": ("cli.rules:exclusion", "Say which addresses are never scanned."),
    "scope": ("cli.rules:scope", "Say which addresses alone may be scanned."),
    "queues": ("cli.queues:queues", "See what waits where, and what is in use."),
    "agent": ("cli.agent:agent", "Run a scanner: take work, probe, report."),
    "audit": ("cli.audit:audit", "Recount the store, and say what does not add up."),
    "init": ("cli.init:init", "Prepare a store, and print its first admin token."),
    "ticker": ("cli.processes:ticker", "Enqueue upkeep every few seconds."),
    "worker": ("cli.processes:worker", "Do the upkeep that is enqueued."),
}

EPILOG = f"""\b
Where the server is, and the token, come from --url and --token, from
SCANDISPATCH_URL and SCANDISPATCH_TOKEN, or from the file operator.json that
`scandispatch up` leaves in its data folder (--data, .data).

\b
To begin:
  scandispatch up
  scandispatch scanner create lab-1
  scandispatch scan create 10.0.0.0/24 --ports 22,80 --scanner lab-1 --watch

{EXIT_CODES}
"""


main = LazyGroup(
    "scandispatch",
    table=COMMANDS,
    help="Dispatch network scans to a fleet of scanners.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
click.version_option(package_name="scandispatch", prog_name="scandispatch")(main)

if __name__ == "__main__":
    main()
