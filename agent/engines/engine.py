"""What every engine looks like, to the agent and to people who write one."""

from typing import Protocol

from agent.brake import Brake
from agent.findings import Findings
from agent.job import Job


class Engine(Protocol):
    """One instance serves every task of its kind, each in a thread of its own."""

    @property
    def name(self) -> str:
        """What jobs call it."""

    def run(self, job: Job, findings: Findings, brake: Brake) -> None:
        """Probe the job's targets in the order given, until done or `brake.on`.

        Looks at the brake several times a second, holds to the job's rate and the agent's, holds
        back while `findings.congested`, and says of each address when it is done.

        Raises:
            JobError: arguments that this engine does not have.
            EngineError: it could not do its work; what it had found until then counts.
        """
