"""The reference scanner: claims jobs over HTTP, probes, reports. Knows only the contract.

Reading order: `run` wires the parts; `claims` asks for jobs; `task` is one job from start to
final report; `engines` do the probing; `outbox` and `uploader` bring the findings home.
"""
