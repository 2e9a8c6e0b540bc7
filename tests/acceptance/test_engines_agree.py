"""The engines find the same."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.fleet import fleet

ENGINES = ("connect", "nmap")


def test_nmap_finds_what_connect_finds(tmp_path: Path) -> None:
    """The same services, opened for real, scanned through the server with both engines."""
    with fleet(tmp_path) as site:
        group = site.start_agents(2)
        scans = {engine: site.scan(group, engine=engine, hostsPerTask=64) for engine in ENGINES}
        for scan in scans.values():
            site.assert_whole(scan)
        rows = {engine: site.found(scan) for engine, scan in scans.items()}

    assert rows["nmap"] == rows["connect"]
    assert len(rows["nmap"]) == len(site.services.expected)
