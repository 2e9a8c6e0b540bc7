"""/api/subnets, /api/exclusions, /api/scopes and /api/port-lists, which have the same calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api import rule_schemas as schemas
from api.access import asked, created, dispatch, operator_blueprint, page, site
from dispatch.address_rules import AddressRules
from dispatch.operators import Role
from dispatch.port_lists import PortLists
from web.blueprints import Blueprint
from web.schemas import PageQuery, Schema, page_of

Body = dict[str, Any]
Cases = Callable[[], AddressRules | PortLists]


def _resource(
    name: str,
    cases: Cases,
    *,
    creation: type[Schema],
    changes: type[Schema],
    view: type[Schema],
    about: str,
) -> Blueprint:
    """A blueprint for what is only made, read, changed and deleted.

    name: of one, in snake case, such as port_list; cases: the use cases of this process.
    """
    spoken, ident = _one(name), f"{name}_id"
    blueprint = operator_blueprint(f"{name}s", __name__, description=about, writes=Role.ADMIN)
    _collection(blueprint, cases, name, creation, view)

    @blueprint.get(f"/<int:{ident}>")
    @blueprint.doc(summary=f"Get {spoken}.")
    @blueprint.response(200, view)
    def one(**at: int) -> Any:
        return cases().get(site(), at[ident])

    @blueprint.patch(f"/<int:{ident}>")
    @blueprint.doc(summary=f"Change {spoken}.")
    @blueprint.arguments(changes)
    @blueprint.response(200, view)
    def change(body: Body, **at: int) -> Any:
        return cases().change(site(), at[ident], body)

    @blueprint.delete(f"/<int:{ident}>")
    @blueprint.doc(summary=f"Delete {spoken}.")
    @blueprint.response(204)
    def delete(**at: int) -> None:
        cases().delete(site(), at[ident])

    return blueprint


def _collection(
    blueprint: Blueprint, cases: Cases, name: str, creation: type[Schema], view: type[Schema]
) -> None:
    @blueprint.get("")
    @blueprint.doc(summary=f"List {name.replace('_', ' ')}s, newest first.")
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, page_of(view))
    def some(query: Body) -> Any:
        return page(cases().some(site(), limit=query["limit"], cursor=query["cursor"]))

    @blueprint.post("")
    @blueprint.doc(summary=f"Create {_one(name)}.")
    @blueprint.arguments(creation)
    @blueprint.response(201, view)
    def create(body: Body) -> Any:
        made = cases().create(site(), body, asked(body))
        return created(made, f"{name}s.one", **{f"{name}_id": made[f"{name}_id"]})


def _one(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name.replace('_', ' ')}"


BLUEPRINTS = (
    _resource(
        "port_list",
        lambda: dispatch().port_lists,
        creation=schemas.PortListCreation,
        changes=schemas.PortListChange,
        view=schemas.PortList,
        about="Lists of ports that scans refer to",
    ),
    _resource(
        "subnet",
        lambda: dispatch().subnets,
        creation=schemas.SubnetCreation,
        changes=schemas.SubnetChange,
        view=schemas.Subnet,
        about="Addresses that share a limit of probes per second",
    ),
    _resource(
        "exclusion",
        lambda: dispatch().exclusions,
        creation=schemas.ExclusionCreation,
        changes=schemas.ExclusionChange,
        view=schemas.Exclusion,
        about="Addresses that are never scanned",
    ),
    _resource(
        "scope",
        lambda: dispatch().scopes,
        creation=schemas.ScopeCreation,
        changes=schemas.ScopeChange,
        view=schemas.Scope,
        about="Addresses that alone may be scanned",
    ),
)
