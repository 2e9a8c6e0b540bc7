"""What an agent is told at its start. The command line fills it in; nothing is read elsewhere."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from agent.errors import OptionError

_LONGEST_FOLDER_NAME = 200


@dataclass(frozen=True, kw_only=True)
class AgentOptions:
    """Everything that can be chosen about an agent.

    `engines` empty means every engine this machine can run; `slots` None means the default of
    `machine.default_slots`; `max_probes_per_second` None means no limit of the scanner's own.
    """

    url: str
    api_key: str = field(repr=False)
    spool_dir: Path
    engines: tuple[str, ...] = ()
    slots: int | None = None
    spool_max_bytes: int = 256 * 1024 * 1024
    max_probes_per_second: int | None = None
    ca_file: Path | None = None
    progress_seconds: float = 5.0
    flush_seconds: float = 2.0
    stop_seconds: float = 3.0

    def __post_init__(self) -> None:
        """Refuses loudly what cannot work.

        Raises:
            OptionError: naming the option and what is allowed.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise OptionError(f"url must be http://… or https://…, not {self.url!r}")
        if not self.api_key.isascii() or not self.api_key.isprintable() or not self.key_id:
            raise OptionError("api key must look like <keyId>.<secret>, in printable ASCII")
        if self.slots is not None and self.slots < 1:
            raise OptionError("slots must be at least 1")
        if self.max_probes_per_second is not None and self.max_probes_per_second < 1:
            raise OptionError("max probes per second must be at least 1")
        if self.spool_max_bytes < 1:
            raise OptionError("spool max bytes must be at least 1")

    @property
    def key_id(self) -> str:
        """The public half of the key: what stands before its first dot."""
        key_id, dot, secret = self.api_key.partition(".")
        return key_id if dot and secret else ""

    @property
    def spool_folder(self) -> Path:
        """This key's own folder, whatever characters the key id is made of."""
        return self.spool_dir / quote(self.key_id, safe="")[:_LONGEST_FOLDER_NAME]
