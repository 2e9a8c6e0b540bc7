"""nmap's XML and command line, without nmap."""

import ipaddress

import pytest

from agent.engines.nmap_command import (
    LATE_SECONDS,
    NmapArguments,
    command,
    runs,
    target_list,
    told_rate,
)
from agent.engines.nmap_xml import NmapHost, NmapPort, NmapReader
from agent.errors import JobError
from agent.ports import parse_ports
from agent.targets import Block, without

HOST = """<host starttime="1"><status state="up" reason="user-set"/>
<address addr="{address}" addrtype="ipv4"/><address addr="00:00:00:00:00:01" addrtype="mac"/>
<hostnames><hostname name="h\u00e9" type="PTR"/></hostnames>
<ports><extraports state="closed" count="9"/>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack"/>
<service name="ssh" product="Open &lt;SSH&gt;" version="9" method="probed" conf="10"/></port>
<port protocol="tcp" portid="80"><state state="open"/><service name="http" method="table"/></port>
<port protocol="tcp" portid="81"><state state="filtered"/></port>
</ports></host>
"""
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n<!-- Nmap -->\n'
    '<nmaprun scanner="nmap"><taskprogress task="Connect" percent="5"/>'
    '<hosthint><address addr="10.9.9.9" addrtype="ipv4"/></hosthint>\n'
    + "".join(HOST.format(address=f"10.0.0.{n}") for n in range(3))
    + '<runstats><hosts up="3"/></runstats></nmaprun>\n'
).encode()


def read(data: bytes, step: int) -> tuple[list[NmapHost], bool]:
    reader = NmapReader()
    hosts = [
        host
        for start in range(0, len(data), step)
        for host in reader.feed(data[start : start + step])
    ]
    last, whole = reader.finish()
    return hosts + last, whole


def test_a_host_is_read() -> None:
    """Address and ports arrive; a service only where nmap asked the service itself."""
    hosts, whole = read(DOCUMENT, 10)

    assert whole
    assert [host.address for host in hosts] == ["10.0.0.0", "10.0.0.1", "10.0.0.2"]
    assert hosts[0].ports == [
        NmapPort("tcp", 22, "open", "ssh", "Open <SSH>", "9"),
        NmapPort("tcp", 80, "open"),
        NmapPort("tcp", 81, "filtered"),
    ]


def test_whole_hosts_survive_truncation_at_every_byte() -> None:
    """Cut anywhere: every host that was whole is found, nothing else, and never an exception."""
    whole_hosts, _ = read(DOCUMENT, len(DOCUMENT))
    end_of_document = DOCUMENT.rindex(b">") + 1
    for cut in range(len(DOCUMENT) + 1):
        hosts, whole = read(DOCUMENT[:cut], 4096)

        assert hosts == whole_hosts[: DOCUMENT[:cut].count(b"</host>")]
        assert whole is (cut >= end_of_document)


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><nmaprun>&a;</nmaprun>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><nmaprun>&a;</nmaprun>',
        b"\x00\xff\xfe not xml at all",
        b"<host><port portid='x'/><port portid='\xd9\xa3'/></host>",
        b"<nmaprun></host></nmaprun>",
        b"",
    ],
)
def test_a_hostile_document_is_no_exception(hostile: bytes) -> None:
    """Entities, rubbish and impossible numbers find nothing, and break nothing."""
    hosts, _ = read(hostile, 7)

    assert [port for host in hosts for port in host.ports] == []


def block(index: int, cidr: str, ports: str = "1") -> Block:
    return Block(index, ipaddress.ip_network(cidr), parse_ports(ports))


def test_runs_keep_order_and_part_families() -> None:
    """Neighbours of one family and the same ports share a run; order is kept."""
    blocks = [
        block(0, "10.0.0.0/31"),
        block(2, "10.1.0.0/32"),
        block(3, "::1"),
        block(4, "10.2.0.0", "2"),
    ]

    assert [[b.index for b in run] for run in runs(blocks)] == [[0, 2], [3], [4]]


def test_what_is_left_of_a_run() -> None:
    """What was reported is left out, wherever it stands; indexes stay, and nothing is expanded."""
    blocks = [block(0, "10.0.0.0/29"), block(8, "10.1.0.0/32"), block(9, "2001:db8::/32")]
    done = {ipaddress.ip_address(a) for a in ("10.0.0.0", "10.0.0.5", "10.1.0.0", "2001:db8::")}
    left = without(blocks, done)

    assert [(b.index, str(b.network)) for b in left[:6]] == [
        (1, "10.0.0.1/32"),
        (2, "10.0.0.2/31"),
        (4, "10.0.0.4/32"),
        (6, "10.0.0.6/31"),
        (10, "2001:db8::1/128"),
        (11, "2001:db8::2/127"),
    ]
    assert len(left) == 5 - 1 + 96
    assert without(blocks, ()) == blocks


def test_the_command_holds_no_text_from_outside() -> None:
    """Ports, rate and timing are numbers of ours; targets go through standard input."""
    arguments = NmapArguments.parse({"timing": 4, "versionDetection": True})
    words = command("/usr/bin/nmap", arguments, block(0, "::/127", "22,80-81"), rate=0.5)

    assert words[:6] == ["/usr/bin/nmap", "-oX", "-", "-iL", "-", "-n"]
    assert {"-Pn", "-sT", "-6", "-T4", "-sV"} < set(words)
    assert words[words.index("-p") + 1] == "22,80-81"
    assert words[words.index("--max-rate") + 1] == words[words.index("--min-rate") + 1] == "0.47619"
    assert target_list([block(0, "::/127"), block(2, "::/127")]) == b"::/127\n"


def test_without_a_rate_nmap_is_told_none() -> None:
    """No rate: nmap adapts to the network, as it does by itself."""
    words = command("nmap", NmapArguments.parse({}), block(0, "10.0.0.1"), rate=None)

    assert not {"--max-rate", "--min-rate", "--max-parallelism"} & set(words)


@pytest.mark.parametrize("rate", [*range(1, 200), 299, 300, 1000])
def test_the_rate_told_leaves_room_for_lateness(rate: int) -> None:
    """Where nmap catches up 50 ms, no second has more than 5 % above the rate; 90 % are used."""
    told = told_rate(rate)
    most_in_a_second = 1 + int((1 + LATE_SECONDS) * told - 1e-9)

    assert most_in_a_second <= max(1, int(1.05 * rate))
    assert 0.9 * rate <= told <= 0.99 * rate


@pytest.mark.parametrize(
    "raw", [{"timing": 6}, {"timing": "4; rm"}, {"args": "-sS"}, {"versionDetection": 1}]
)
def test_arguments_outside_the_list_are_refused(raw: dict[str, object]) -> None:
    """Only the typed allow-list passes."""
    with pytest.raises(JobError):
        NmapArguments.parse(raw)
