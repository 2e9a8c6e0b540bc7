"""Finds what an operator means: by id, by name, or the `last` scan."""

from collections.abc import Iterable
from contextlib import suppress

from cli.client import ApiClient, Document
from cli.errors import NotFound, Refused

LAST = "last"
A_SCAN = "`scandispatch scan create TARGET --ports PORTS --scanner NAME`"


def is_reserved(name: str) -> bool:
    """Whether a scan of that name would be mistaken for something else."""
    return name == LAST or _is_id(name)


def find_scan(api: ApiClient, wanted: str) -> Document:
    """Return the scan of that id or name, or the newest for `last`; raise Refused."""
    if wanted == LAST:
        return _newest(api)
    if _is_id(wanted):
        with suppress(NotFound):
            return api.get(f"/api/scans/{wanted}")
    scans = api.each("/api/scans", limit=100)
    return api.get(f"/api/scans/{pick(scans, 'scan', wanted)}")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _newest(api: ApiClient) -> Document:
    scans: list[Document] = api.get("/api/scans", limit=1)["items"]  # the newest come first
    if not scans:
        raise Refused("there is no scan yet", hint=f"make one with {A_SCAN}")
    return scans[0]


def check_free(api: ApiClient, kind: str, name: str, *, hint: str) -> None:
    """Raise Refused where a `kind` (scanner, port-list) of that name is there already."""
    if any(item["name"] == name for item in api.each(f"/api/{kind}s", limit=100)):
        raise Refused(f"there is a {kind} {name!r} already", hint=hint)


def find_ids(api: ApiClient, kind: str, wanted: Iterable[str]) -> list[int]:
    """Return the ids of a `kind` (scanner, port-list), each given by id or name; or Refused."""
    names = list(wanted)
    items = list(api.each(f"/api/{kind}s", limit=100)) if names else []
    return [pick(items, kind, name) for name in names]


def names_of(api: ApiClient, kind: str) -> dict[int, str]:
    """Return the name of each `kind` (scanner, group) by its id."""
    return {item[_id_key(kind)]: item["name"] for item in api.each(f"/api/{kind}s", limit=100)}


def pick(items: Iterable[Document], kind: str, wanted: str, *, by: str = "name") -> int:
    """Return the id of the one item of that id or name; raise Refused for none or several."""
    key, known = _id_key(kind), list(items)
    found = [item[key] for item in known if str(item[key]) == wanted]
    found = found or [item[key] for item in known if item[by] == wanted]
    if not found:
        raise Refused(
            f"there is no {kind} {wanted!r}", hint=f"`scandispatch {kind} list` shows them"
        )
    if len(found) > 1:
        ids = ", ".join(map(str, found))
        raise Refused(f"{len(found)} {kind}s are called {wanted!r}", hint=f"give one's id: {ids}")
    return int(found[0])


def _id_key(kind: str) -> str:
    first, *rest = kind.split("-")
    return f"{first}{''.join(map(str.capitalize, rest))}Id"
