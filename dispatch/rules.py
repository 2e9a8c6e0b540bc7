"""The rules of each site as one process remembers them."""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from domain.errors import RulesChanged
from domain.rules import Rules
from queues.keys import SiteKeys
from queues.rules import Mark, RuleStore

T = TypeVar("T")
TRIES = 20  # changes of the rules at one time
LONGEST_PAUSE_SECONDS = 0.05
SITES_REMEMBERED = 32  # 100,000 rules of each kind are some 100 MB


@dataclass
class SiteRules:
    """Asks the store for the mark of a site's rules, and reads them only where it is another."""

    store: RuleStore
    _known: OrderedDict[str, tuple[Mark, Rules]] = field(default_factory=OrderedDict)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def of(self, keys: SiteKeys) -> Rules:
        """The newest rules of a site. Many who ask at once read them once."""
        mark = self.store.mark(keys)
        with self._reading:
            known = self._known.get(keys.site)
            if known is None or known[0] != mark:
                known = self._known[keys.site] = self.store.newest(keys)
            self._known.move_to_end(keys.site)
            if len(self._known) > SITES_REMEMBERED:
                self._known.popitem(last=False)
        return known[1]

    def under(self, keys: SiteKeys, act: Callable[[Rules], T]) -> T:
        """Act by the newest rules, and again where they change meanwhile. Raises RulesChanged."""
        for _ in range(TRIES):
            with suppress(RulesChanged):
                return act(self.of(keys))
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - to meet nobody again
        raise RulesChanged
