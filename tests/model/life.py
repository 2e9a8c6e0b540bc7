"""A life of two sites at random: any call, by anyone, once, twice, or late."""

from __future__ import annotations

from tests.model.operators_act import OperatorsAct
from tests.model.rules_act import RulesAct


class Life(OperatorsAct, RulesAct):
    """All the rules together."""
