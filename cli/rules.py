"""`scandispatch subnet`, `exclusion`, `scope`: which addresses are scanned, and how fast."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from cli.client import ApiClient, Document
from cli.errors import IsThere, Refused
from cli.names import pick
from cli.options import Command, examples, json_option, operator
from cli.output import print_json, print_table
from domain.targets import TargetError, parse_network

PAGE = 1000
Option = Callable[[Command], Command]


def _rate(*, required: bool) -> Option:  # noqa: ARG001 - a subnet without a limit says nothing
    return click.option(
        "--rate",
        "maxProbesPerSecond",
        type=click.IntRange(min=1),
        required=True,
        help="Probes a second, over all scans and scanners.",
    )


def _reason(*, required: bool) -> Option:
    says = {"required": True} if required else {"default": ""}
    return click.option("--reason", help="Why, for people.", **says)


def _nothing(*, required: bool) -> Option:  # noqa: ARG001 - as the others are called
    return lambda command: command


@dataclass(frozen=True)
class Kind:
    """One kind of rule; option: what is said of its addresses, named as in the API.

    cidr, says: what its help shows as an example; needs: the options without which none is made.
    """

    name: str
    help: str
    columns: dict[str, str]
    cidr: str
    option: Callable[..., Option] = _nothing
    says: str = ""
    needs: str = ""

    @property
    def path(self) -> str:
        """Where the rules of this kind are."""
        return f"/api/{self.name}s"

    def examples(self, step: str, *more: str) -> str:
        """Return the epilog of a command."""
        return examples(" ".join(("scandispatch", self.name, step, *filter(None, more))))

    @property
    def creation(self) -> str:
        """The command that makes one."""
        return " ".join(filter(None, ("scandispatch", self.name, "create CIDR", self.needs)))

    @property
    def hint(self) -> str:
        """What to do where there is one already."""
        if self.option is _nothing:
            return f"`scandispatch {self.name} list` shows it"
        return f"`scandispatch {self.name} set` changes it"

    def group(self) -> click.Group:
        """Return its commands; `set` where there is something to set."""
        steps = [_create(self), _show_all(self), _set(self), _delete(self)]
        kept = [step for step in steps if step.name != "set" or self.option is not _nothing]
        return click.Group(self.name, commands=kept, help=self.help)


def _create(kind: Kind) -> click.Command:
    @click.command(
        "create",
        help=f"Make {_one(kind)} of CIDR, or of one address.",
        epilog=kind.examples("create", kind.cidr, kind.says),
    )
    @click.argument("cidr")
    @kind.option(required=False)
    @json_option
    @operator
    def create(api: ApiClient, *, cidr: str, as_json: bool, **said: Any) -> None:
        try:
            made = api.post(kind.path, {"cidr": cidr, **said})
        except IsThere as problem:
            raise IsThere(problem.message, hint=kind.hint) from None
        if as_json:
            print_json(made)
        else:
            click.echo(f"{kind.name} {made['cidr']} has the id {made[f'{kind.name}Id']}")

    return create


def _show_all(kind: Kind) -> click.Command:
    @click.command(
        "list",
        help=f"List the {kind.name}s, in order of their addresses.",
        epilog=kind.examples("list --json"),
    )
    @json_option
    @operator
    def show_all(api: ApiClient, *, as_json: bool) -> None:
        rules = sorted(api.each(kind.path, limit=PAGE), key=_by_address)
        if as_json:
            print_json(rules)
            return
        print_table(
            ("ID", *kind.columns),
            [
                (rule[f"{kind.name}Id"], *(rule[name] for name in kind.columns.values()))
                for rule in rules
            ],
            empty=f"no {kind.name} yet: make one with `{kind.creation}`",
        )

    return show_all


def _set(kind: Kind) -> click.Command:
    @click.command(
        "set",
        help=f"Change what is said of {_one(kind)}.",
        epilog=kind.examples("set", kind.cidr, kind.says),
    )
    @click.argument("cidr", metavar="CIDR|ID")
    @kind.option(required=True)
    @json_option
    @operator
    def change(api: ApiClient, *, cidr: str, as_json: bool, **said: Any) -> None:
        now = api.patch(f"{kind.path}/{_find(api, kind, cidr)}", said)
        if as_json:
            print_json(now)
        else:
            click.echo(f"{kind.name} {now['cidr']} is changed")

    return change


def _delete(kind: Kind) -> click.Command:
    @click.command(
        "delete", help=f"Delete {_one(kind)}.", epilog=kind.examples("delete", kind.cidr)
    )
    @click.argument("cidr", metavar="CIDR|ID")
    @operator
    def delete(api: ApiClient, *, cidr: str) -> None:
        api.delete(f"{kind.path}/{_find(api, kind, cidr)}")
        click.echo(f"{kind.name} {cidr} is deleted")

    return delete


def _one(kind: Kind) -> str:
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"


def _find(api: ApiClient, kind: Kind, wanted: str) -> int:
    """Return the id of the rule of this CIDR, however it is written, or of this id."""
    try:
        named = str(parse_network(wanted))
    except TargetError as problem:
        if "/" in wanted:
            raise Refused(str(problem)) from None
        named = wanted
    return pick(api.each(kind.path, limit=PAGE), kind.name, named, by="cidr")


def _by_address(rule: Document) -> tuple[int, Any, int]:
    network = ipaddress.ip_network(rule["cidr"])
    return network.version, network.network_address, network.prefixlen


subnet = Kind(
    "subnet",
    "Limit how many probes a second reach some addresses.",
    {"CIDR": "cidr", "PROBES/S": "maxProbesPerSecond", "GRANTED NOW": "grantedProbesPerSecond"},
    "10.0.0.0/16",
    _rate,
    says="--rate 500",
    needs="--rate RATE",
).group()
exclusion = Kind(
    "exclusion",
    "Say which addresses are never scanned.",
    {"CIDR": "cidr", "REASON": "reason"},
    "10.0.9.0/24",
    _reason,
    says='--reason "printers"',
).group()
scope = Kind(
    "scope", "Say which addresses alone may be scanned.", {"CIDR": "cidr"}, "10.0.0.0/8"
).group()
