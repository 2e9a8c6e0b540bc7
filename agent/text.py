"""Makes text from anywhere safe to send and to show: printable, and no longer than allowed."""

from typing import Final

UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"


def printable(raw: str | bytes, limit: int) -> str:
    """At most `limit` characters, none of them a control character or a lone surrogate."""
    text = raw[: limit * 4].decode(errors="replace") if isinstance(raw, bytes) else raw
    return "".join(map(_shown, text.strip()[:limit])).strip()


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else UNPRINTABLE
