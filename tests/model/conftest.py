"""How many lives are tried: 200 with every test run; make soak runs the profile soak twice."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = {"model": 200, "mutant": 300, "soak": 10_000}
WITHOUT_SHRINKING = {Phase.explicit, Phase.generate}

for name, examples in EXAMPLES.items():
    settings.register_profile(
        name,
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        print_blob=True,
        phases=WITHOUT_SHRINKING if name == "mutant" else set(Phase),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
