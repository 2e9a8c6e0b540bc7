"""What an operator writes as a target: an address, a CIDR, a range of addresses or a name."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

MAX_NAME_LENGTH = 253  # RFC 1035, without the trailing dot
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TargetError(ValueError):
    """This is no address, CIDR, range or name."""


@dataclass(frozen=True, slots=True, order=True)
class AddressRange:
    """The addresses first … last of one IP version, both included, as integers."""

    version: int
    first: int
    last: int


Target = AddressRange | str

# IPv4 in the form of IPv6 (RFC 4291, 2.5.5.2): a connect to ::ffff:10.0.0.1 goes to 10.0.0.1, past
# whatever is said of that.
_MAPPED = AddressRange(6, 0xFFFF << 32, (0xFFFF << 32) + 2**32 - 1)


def parse_target(text: str) -> Target:
    """An AddressRange, or a lower-case name.

    Raises TargetError with a sentence that says what is wrong, and for host bits which network was
    probably meant.
    """
    text = text.strip()
    if "/" in text:
        return _without_mapped(text, range_of_network(parse_network(text)))
    if text.count("-") == 1:
        left, _, right = text.partition("-")
        if (first := _address_or_none(left)) is not None:
            return _without_mapped(text, _parse_range(text, first, right))
    if (address := _address_or_none(text)) is not None:
        return AddressRange(address.version, int(address), int(address))
    return _parse_name(text)


def _without_mapped(text: str, found: AddressRange) -> AddressRange:
    if found.version == _MAPPED.version and not (
        found.last < _MAPPED.first or found.first > _MAPPED.last
    ):
        raise TargetError(f"{text!r} contains IPv4 addresses, as ::ffff:0:0/96; write IPv4.")
    return found


def parse_network(text: str) -> Network:
    """A CIDR, or one address as a CIDR of its own. Raises TargetError."""
    address, slash, prefix = text.strip().partition("/")
    if _address_or_none(address) is None or (slash and not re.fullmatch(r"[0-9]{1,3}", prefix)):
        raise TargetError(f"{text!r} is no CIDR such as 10.0.0.0/24 or 2001:db8::/64.")
    try:
        meant = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise TargetError(f"{text!r} has a prefix length that its IP version lacks.") from None
    if int(meant.network_address) != int(ipaddress.ip_address(address)):
        raise TargetError(f"{text!r} has host bits set; was {meant} meant?")
    return meant


def range_of_network(network: Network) -> AddressRange:
    """The addresses of a network, its first and last included."""
    first, last = int(network.network_address), int(network.broadcast_address)
    return AddressRange(network.version, first, last)


def _address_or_none(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise TargetError(f"{text!r} has a zone; zones mean something on one machine only.")
        if address.ipv4_mapped is not None:
            raise TargetError(f"{text!r} is an IPv4 address; write {address.ipv4_mapped}.")
    return address


def _parse_range(text: str, first: Address, right: str) -> AddressRange:
    right = right.strip()
    last = _address_or_none(right)
    if last is None and first.version == 4 and re.fullmatch(r"[0-9]{1,3}", right):  # noqa: PLR2004 - IPv4
        last = _address_or_none(f"{str(first).rpartition('.')[0]}.{right}")
    if last is None:
        raise TargetError(f"{text!r} does not end in an address; write 10.0.0.1-10.0.0.20.")
    if last.version != first.version:
        raise TargetError(f"{text!r} begins in one IP version and ends in the other.")
    if int(last) < int(first):
        raise TargetError(f"{text!r} is reversed; was {last}-{first} meant?")
    return AddressRange(first.version, int(first), int(last))


def _parse_name(text: str) -> str:
    name = text.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > MAX_NAME_LENGTH or not all(_LABEL.fullmatch(label) for label in labels):
        raise TargetError(f"{text[:80]!r} is no address, CIDR, range or host name.")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise TargetError(f"{text!r} looks like an address, but is none.")
    return name
