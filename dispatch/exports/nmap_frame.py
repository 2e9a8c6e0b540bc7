"""What stands around the hosts in nmap's XML: about the run before them, its sums after."""

from __future__ import annotations

import json
import time

from dispatch.exports.elements import Attributes, empty, opened
from queues.store import Record

_FORMAT_VERSION = "1.05"  # nmap's XMLOUTPUTVERSION


def head(scan: Record) -> bytes:
    """All up to the first host. The scanner is nmap by the DTD; args says who it was."""
    began = int(scan.get("started") or scan["created"]) // 1000
    run = {
        "scanner": "nmap",
        "args": f"Scan Dispatch, scan {scan['id']}, engine {scan['engine']}",
        "start": began,
        "startstr": _date(began),
        "version": "Scan Dispatch",
        "profile_name": json.loads(scan["spec"]).get("name"),
        "xmloutputversion": _FORMAT_VERSION,
    }
    ask = {"type": "connect", "protocol": "tcp"}
    ask |= {"numservices": scan["ports"], "services": json.loads(scan["job"])["ports"]}
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<!DOCTYPE nmaprun>",
            opened("nmaprun", run),
            empty("scaninfo", ask),
            empty("verbose", {"level": "0"}),
            empty("debugging", {"level": "0"}) + "\n",
        ]
    ).encode()


def tail(scan: Record, *, up: int, hosts: int) -> bytes:
    """All after the last host. up, hosts: how many had rows; others that are done count as down."""
    began = int(scan.get("started") or scan["created"]) // 1000
    ended = max(began, int(scan.get("finished") or scan["since"]) // 1000)
    total = max(hosts, int(scan["done"]) + int(scan["failed"]))
    finished: Attributes = {
        "time": ended,
        "timestr": _date(ended),
        "elapsed": f"{ended - began}.00",
        "summary": f"Scan {scan['id']} {scan['status']} at {_date(ended)}; "
        f"{total} IP addresses ({up} hosts up)",
        "exit": "error" if scan["status"] == "failed" else "success",
    }
    sums = {"up": up, "down": total - up, "total": total}
    stats = empty("finished", finished) + empty("hosts", sums)
    return f"<runstats>{stats}\n</runstats>\n</nmaprun>\n".encode()


def _date(seconds: int) -> str:
    return time.asctime(time.gmtime(seconds))
