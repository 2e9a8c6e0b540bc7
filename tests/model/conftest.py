"""How many lives are tried: 200 with every test run, 20,000 with --hypothesis-profile=soak."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

for name, examples in {"model": 200, "mutant": 60, "soak": 20_000}.items():
    settings.register_profile(
        name,
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
