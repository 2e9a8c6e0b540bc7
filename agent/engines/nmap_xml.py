"""Reads nmap's XML while it is being written; what is whole is kept, wherever it breaks off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser


@dataclass(frozen=True)
class NmapPort:
    """One `<port>`; the service fields only where nmap asked the service itself."""

    protocol: str
    number: int
    state: str
    service: str | None = None
    product: str | None = None
    version: str | None = None


@dataclass
class NmapHost:
    """One whole `<host>`."""

    address: str = ""
    ports: list[NmapPort] = field(default_factory=list)


class NmapReader:
    """Fed with bytes, answers with the hosts they completed; never raises."""

    def __init__(self) -> None:
        self._hosts = _Hosts()
        self._parser = DefusedXMLParser(target=self._hosts)
        self._broken = False

    def feed(self, data: bytes) -> list[NmapHost]:
        """Hosts completed by this piece; after a broken piece, none."""
        if not self._broken:
            try:
                self._parser.feed(data)
            except (ParseError, DefusedXmlException):
                self._broken = True
        return self._hosts.take()

    def finish(self) -> tuple[list[NmapHost], bool]:
        """The last hosts, and whether the document was whole."""
        if not self._broken:
            try:
                self._parser.close()
            except (ParseError, DefusedXmlException):
                self._broken = True
        return self._hosts.take(), not self._broken


class _Hosts:
    """The parser's target: keeps the host being read, and those that are whole."""

    def __init__(self) -> None:
        self._whole: list[NmapHost] = []
        self._host: NmapHost | None = None
        self._port: dict[str, str] = {}

    def take(self) -> list[NmapHost]:
        whole, self._whole = self._whole, []
        return whole

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "host":
            self._host = NmapHost()
        elif self._host is not None:
            self._inside_host(self._host, tag, attributes)

    def _inside_host(self, host: NmapHost, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "address" and attributes.get("addrtype") in {"ipv4", "ipv6"}:
            host.address = attributes.get("addr", "")
        elif tag == "port":
            self._port = dict(attributes)
        elif tag == "state":
            self._port["state"] = attributes.get("state", "")
        elif tag == "service" and attributes.get("method") == "probed":
            self._port |= {
                key: attributes[key] for key in ("name", "product", "version") if key in attributes
            }

    def end(self, tag: str) -> None:
        if tag == "host" and self._host is not None:
            self._whole.append(self._host)
            self._host = None
        elif tag == "port" and self._host is not None:
            self._end_port(self._host)

    def _end_port(self, host: NmapHost) -> None:
        port = self._port
        number = port.get("portid", "")
        if number.isascii() and number.isdigit():
            host.ports.append(
                NmapPort(
                    protocol=port.get("protocol", ""),
                    number=int(number[:6]),
                    state=port.get("state", ""),
                    service=port.get("name"),
                    product=port.get("product"),
                    version=port.get("version"),
                )
            )
