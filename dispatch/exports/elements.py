"""Elements of XML 1.0 written as text, whatever their attributes hold."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

# All but https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = {ord(sign): f"&#{ord(sign)};" for sign in "\t\n\r"}  # else a parser makes blanks of them

Attributes = Mapping[str, str | int | None]


def opened(name: str, attributes: Attributes) -> str:
    """The start of an element; attributes without a value are left out."""
    return f"<{name}{_written(attributes)}>"


def empty(name: str, attributes: Attributes) -> str:
    """A whole element without content."""
    return f"<{name}{_written(attributes)}/>"


def _written(attributes: Attributes) -> str:
    known = ((name, value) for name, value in attributes.items() if value is not None)
    return "".join(f' {name}="{quoted(str(value))}"' for name, value in known)


def quoted(text: str) -> str:
    r"""For within quotation marks; characters that XML forbids become \x00, as nmap writes them."""
    if not text.isprintable():
        text = _FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02X}", text)
        return html.escape(text).translate(_SPACE)
    return html.escape(text)
