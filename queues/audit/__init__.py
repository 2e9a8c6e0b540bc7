"""Recounts the invariants of a live store from its raw keys; shares no code with the scripts."""

from queues.audit.looks import Discrepancy
from queues.audit.runner import Audit

__all__ = ["Audit", "Discrepancy"]
