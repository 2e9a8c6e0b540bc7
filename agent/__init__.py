"""The reference scanner: claims jobs over HTTP, probes, reports. Knows only the contract.

Reading order: `run` starts it, `scanner_agent` wires the parts; `conversation` is all that is said
to the server and heard of it; `task` is one job from start to final report; `engines` do the
probing; `outbox` keeps the findings until the server has them.
"""
