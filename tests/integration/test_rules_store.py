"""The rules of a site and port lists in the store: what their scripts keep, refuse and wake."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dispatch.address_rules import AddressRules
from dispatch.port_lists import PortLists
from dispatch.recutting import Recutting
from dispatch.rules import SITES_REMEMBERED, TRIES, SiteRules
from domain.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    NotFound,
    RulesChanged,
    ScanToBeRecut,
)
from domain.rules import MAX_DEPTH, Rules
from queues.keys import SiteKeys
from queues.outcomes import accepted
from queues.port_lists import PortListStore
from queues.recuts import RecutStore
from queues.rules import KINDS, RuleKind, RuleStore
from queues.scans import ScanStore
from queues.store import Asked
from tests.integration.conftest import Clock, Site

OWN: dict[RuleKind, dict[str, str | int]] = {
    "subnet": {"rate": 100},
    "exclusion": {"reason": "printers"},
    "scope": {},
}


@pytest.fixture
def rules(site: Site) -> RuleStore:
    return RuleStore(site.client, site.clock)


def make(site: Site, rules: RuleStore, kind: RuleKind = "subnet", cidr: str = "10.0.0.0/8") -> int:
    return rules.save(site.keys, kind, None, {"cidr": cidr, **OWN[kind]})[0]


def of(site: Site, *parts: str | int) -> str:
    return site.keys.of(*parts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_is_kept_whole(site: Site, rules: RuleStore, kind: RuleKind) -> None:
    """Its record, its place in the list, and its CIDR."""
    rule = make(site, rules, kind)
    granted = {"granted": "0"} if kind == "subnet" else {}
    own = {name: str(value) for name, value in OWN[kind].items()}
    record = {"id": str(rule), "cidr": "10.0.0.0/8", "created": site.clock(), **own, **granted}

    assert rules.get(site.keys, kind, rule) == record
    assert rules.some(site.keys, kind, limit=10, cursor="").items == [record]
    assert getattr(rules.read(site.keys), f"{kind}s") == {"10.0.0.0/8": rule}


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_counts_what_comes_goes_and_moves(
    site: Site, rules: RuleStore, kind: RuleKind
) -> None:
    """A CIDR that is there before and after is no change, nor is a limit or a reason."""
    assert rules.version(site.keys) == 0
    rule = make(site, rules, kind)
    assert rules.version(site.keys) == 1
    for same in ({"cidr": "10.0.0.0/8"}, OWN[kind], {}):
        rules.save(site.keys, kind, rule, same)
    assert rules.version(site.keys) == 1
    rules.save(site.keys, kind, rule, {"cidr": "10.0.0.0/9"})
    assert rules.version(site.keys) == 2
    assert getattr(rules.read(site.keys), f"{kind}s") == {"10.0.0.0/9": rule}
    rules.delete(site.keys, kind, rule)

    assert rules.read(site.keys) == Rules(3)
    assert rules.get(site.keys, kind, rule) is None
    assert site.client.exists(of(site, f"{kind}s"), of(site, "cidrs", kind)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_one_rule_of_a_kind_for_a_cidr(site: Site, rules: RuleStore, kind: RuleKind) -> None:
    """Neither made nor moved onto another; a rule of another kind may have it."""
    make(site, rules, kind)
    other = make(site, rules, kind, "10.0.0.0/9")
    before = rules.read(site.keys)
    with pytest.raises(AlreadyExists, match=r"10\.0\.0\.0/8"):
        make(site, rules, kind)
    with pytest.raises(AlreadyExists):
        rules.save(site.keys, kind, other, {"cidr": "10.0.0.0/8"})

    assert rules.read(site.keys) == before
    for another in KINDS:
        if another != kind:
            make(site, rules, another)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_not_made_by_a_change(
    site: Site, rules: RuleStore, kind: RuleKind
) -> None:
    """Nor by a deletion."""
    with pytest.raises(NotFound, match=rf"{kind.capitalize()} 17 "):
        rules.save(site.keys, kind, 17, {"cidr": "10.0.0.0/8"})
    with pytest.raises(NotFound):
        rules.delete(site.keys, kind, 17)

    assert site.client.keys("*") == []


def test_a_request_sent_twice_makes_one_rule(site: Site, rules: RuleStore) -> None:
    """Also where its rule would now be refused; another one under its key is refused."""
    asked, fields = Asked("k", "d"), {"cidr": "10.0.0.0/8", "rate": 1}
    first = rules.save(site.keys, "subnet", None, fields, version=0, asked=asked)
    again = rules.save(site.keys, "subnet", None, fields, version=0, asked=asked)

    assert (first[1], again) == (False, (first[0], True))
    assert rules.version(site.keys) == 1
    with pytest.raises(Invalid):
        rules.save(site.keys, "subnet", None, fields, asked=Asked("k", "e"))


def test_a_check_against_older_rules_does_not_count(site: Site, rules: RuleStore) -> None:
    """Refused without a trace; against those of now it is taken."""
    make(site, rules, "exclusion")
    for version in (0, 2):
        with pytest.raises(RulesChanged):
            rules.save(site.keys, "subnet", None, {"cidr": "::/0", "rate": 1}, version=version)
    assert rules.read(site.keys).subnets == {}

    rules.save(site.keys, "subnet", None, {"cidr": "::/0", "rate": 1}, version=1)
    assert rules.version(site.keys) == 2


def test_a_site_has_so_many_rules_of_a_kind(site: Site, rules: RuleStore) -> None:
    """100,000; those that are there can still be changed."""
    last = make(site, rules, "scope")
    site.client.zadd(of(site, "scopes"), {str(i): i for i in range(1, 100_000)})
    with pytest.raises(Conflict, match="100000 rules"):
        make(site, rules, "scope", "::/0")
    rules.save(site.keys, "scope", last, {"cidr": "::/0"})
    make(site, rules, "exclusion")

    assert rules.read(site.keys).scopes == {"::/0": last}


def test_no_new_limit_while_names_are_scanned(site: Site, rules: RuleStore) -> None:
    """The scan is named; other rules are taken, and what limits there are can be changed."""
    subnet = make(site, rules)
    site.client.sadd(of(site, "named"), 1700000000000007, 1700000000000005)
    with pytest.raises(Conflict, match="Scan 1700000000000005 has names"):
        make(site, rules, "subnet", "::/0")
    rules.save(site.keys, "subnet", subnet, {"cidr": "10.0.0.0/9", "rate": 5})
    make(site, rules, "scope")
    make(site, rules, "exclusion")

    assert rules.version(site.keys) == 4


def test_a_lowered_limit_remembers_what_is_granted_above_it(site: Site, rules: RuleStore) -> None:
    """Until the limit is set to what is granted, or more."""
    subnet = make(site, rules)
    site.client.hset(of(site, "subnet", subnet, "grants"), mapping={"all": 80, "7": 80})
    peaks = []
    for rate in (79, 20, 80, 10, 500):
        rules.save(site.keys, "subnet", subnet, {"rate": rate})
        peaks.append(site.client.hget(of(site, "subnet", subnet), "peak"))
    record = rules.get(site.keys, "subnet", subnet)

    assert peaks == ["80", "80", None, "80", None]
    assert record is not None
    assert (record["rate"], record["granted"]) == ("500", "80")


@pytest.mark.parametrize("change", [{"rate": 200}, {"cidr": "::/1"}])
def test_a_changed_subnet_wakes_what_waits(
    site: Site, rules: RuleStore, change: dict[str, int | str]
) -> None:
    """Only where something does; it may have more now, or none of what waits."""
    idle, busy = make(site, rules), make(site, rules, "subnet", "::/0")
    site.client.zadd(of(site, "subnet", busy, "blocked"), {"17": 1})
    rules.save(site.keys, "subnet", busy, change)
    rules.save(site.keys, "subnet", idle, {"rate": 200})

    assert site.client.zrange(of(site, "freed"), 0, -1, withscores=True) == [(str(busy), busy)]


def test_a_deleted_subnet_leaves_only_what_still_waits(site: Site, rules: RuleStore) -> None:
    """Its grants and waiters go; what is blocked is left to the claims that bring it back."""
    idle, busy = make(site, rules), make(site, rules, "subnet", "::/0")
    for subnet in (idle, busy):
        site.client.hset(of(site, "subnet", subnet, "grants"), mapping={"all": 80, "7": 80})
        site.client.zadd(of(site, "subnet", subnet, "waiters"), {"7": 1})
    site.client.zadd(of(site, "subnet", busy, "blocked"), {"17": 1})
    for subnet in (idle, busy):
        rules.delete(site.keys, "subnet", subnet)

    left = {key for key in site.client.keys("*") if ":subnet" in key or key.endswith(":freed")}
    assert left == {of(site, "subnet", busy, "blocked"), of(site, "freed")}
    assert site.client.zrange(of(site, "freed"), 0, -1) == [str(busy)]


def test_granted_rates_are_shown_in_lists(site: Site, rules: RuleStore) -> None:
    """Each subnet with its own."""
    subnets = [make(site, rules, "subnet", f"10.{i}.0.0/16") for i in range(3)]
    site.client.hset(of(site, "subnet", subnets[1], "grants"), "all", 7)

    found = rules.some(site.keys, "subnet", limit=10, cursor="").items
    assert [one["granted"] for one in found] == ["0", "7", "0"]


def test_a_process_reads_rules_once(site: Site, rules: RuleStore) -> None:
    """Until there are others; several who ask at once read them once."""
    make(site, rules)
    known, reads = SiteRules(rules), []
    newest = rules.newest

    def counted(keys: SiteKeys) -> Any:
        reads.append(keys)
        return newest(keys)

    rules.newest = counted  # type: ignore[method-assign]
    askers = [threading.Thread(target=known.of, args=(site.keys,)) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    first = known.of(site.keys)
    assert len(reads) == 1
    rules.save(site.keys, "subnet", first.subnets["10.0.0.0/8"], {"rate": 7})
    assert known.of(site.keys) is first
    make(site, rules, "exclusion")

    assert known.of(site.keys) == rules.read(site.keys) != first


def test_a_store_that_lost_rules_misleads_no_process(site: Site, rules: RuleStore) -> None:
    """Other rules of the same version are read, though the number is the same."""
    known = SiteRules(rules)
    make(site, rules, "exclusion", "10.0.0.0/8")
    assert known.of(site.keys).version == 1
    site.client.flushall()
    site.clock.forward(1)
    make(site, rules, "exclusion", "10.0.0.0/9")

    assert list(known.of(site.keys).exclusions) == ["10.0.0.0/9"]


def test_a_process_remembers_some_sites(rules: RuleStore) -> None:
    """Those that were asked for last."""
    known = SiteRules(rules)
    sites = [SiteKeys(f"s{i}") for i in range(SITES_REMEMBERED + 2)]
    for keys in (*sites, sites[4]):
        known.of(keys)
    known.of(SiteKeys("new"))

    kept = [*(keys.site for keys in sites[3:] if keys is not sites[4]), "s4", "new"]
    assert list(known._known) == kept


def recutting_of(rules: RuleStore) -> Recutting:
    return Recutting(SiteRules(rules), RecutStore(rules.client), ScanStore(rules.client))


def subnets_of(rules: RuleStore) -> AddressRules:
    return AddressRules("subnet", rules, recutting_of(rules))


def nested(subnets: AddressRules, site: Site, *bits: int) -> list[int]:
    """Subnets inside each other, all of whose first address is 10.0.0.0."""
    views = (
        subnets.create(site.keys, {"cidr": f"10.0.0.0/{n}", "max_probes_per_second": 5}, Asked())
        for n in bits
    )
    return [view["subnet_id"] for view in views]


def test_subnets_lie_inside_each_other_so_deep(site: Site, rules: RuleStore) -> None:
    """In whichever order they come; what is refused says why, and beside them there is room."""
    subnets = subnets_of(rules)
    nested(subnets, site, 12, 9, 13, 10, 30, 8, 20)
    nested(subnets, site, 24)
    for bits in (7, 32, 11):
        with pytest.raises(Invalid, match=f"{MAX_DEPTH + 1} subnets would lie inside") as refused:
            nested(subnets, site, bits)
        assert list(refused.value.errors) == ["cidr"]
    subnets.create(site.keys, {"cidr": "10.0.0.4/32", "max_probes_per_second": 5}, Asked())

    assert len(rules.read(site.keys).subnets) == MAX_DEPTH + 1


def test_a_moved_subnet_does_not_count_where_it_was(site: Site, rules: RuleStore) -> None:
    """One of eight moves within them; one from elsewhere may not come."""
    subnets = subnets_of(rules)
    first, *_ = nested(subnets, site, 8, 9, 10, 11, 12, 13, 14, 15)
    view = {"cidr": "192.0.2.0/24", "max_probes_per_second": 5}
    other = subnets.create(site.keys, view, Asked())["subnet_id"]

    assert subnets.change(site.keys, first, {"cidr": "10.0.0.0/16"})["cidr"] == "10.0.0.0/16"
    with pytest.raises(Invalid):
        subnets.change(site.keys, other, {"cidr": "10.0.0.0/8"})
    with pytest.raises(NotFound):
        subnets.change(site.keys, 17, {"cidr": "192.0.2.1/32"})
    with pytest.raises(AlreadyExists):
        subnets.change(site.keys, other, {"cidr": "10.0.0.0/9"})


def test_a_repeated_request_at_the_bottom_is_answered(site: Site, rules: RuleStore) -> None:
    """What it made is no reason to refuse it."""
    subnets = subnets_of(rules)
    nested(subnets, site, 8, 9, 10, 11, 12, 13, 14)
    wanted = ({"cidr": "10.0.0.0/15", "max_probes_per_second": 5}, Asked("k", "d"))

    assert subnets.create(site.keys, *wanted) == subnets.create(site.keys, *wanted)


def test_rules_that_change_meanwhile_are_checked_again(
    site: Site, rules: RuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few times; then whoever asks is told to try again."""
    subnets = subnets_of(rules)
    others = iter(range(100))
    busy = [2]
    save = RuleStore.save

    def raced(store: RuleStore, *args: Any, **options: Any) -> Any:
        if busy[0] > 0:
            busy[0] -= 1
            exclusion = {"cidr": f"10.0.{next(others)}.0/24", "reason": ""}
            save(store, site.keys, "exclusion", None, exclusion)
        return save(store, *args, **options)

    monkeypatch.setattr(RuleStore, "save", raced)
    (subnet,) = nested(subnets, site, 8)
    assert rules.read(site.keys).subnets == {"10.0.0.0/8": subnet}
    busy[0] = 1000
    with pytest.raises(RulesChanged) as refused:
        nested(subnets, site, 9)

    assert 1000 - busy[0] == TRIES
    assert (refused.value.status, refused.value.retryable) == (503, True)


def test_a_scan_to_be_recut_is_named() -> None:
    """What a script says of it becomes an exception that carries its id."""
    with pytest.raises(ScanToBeRecut) as refused:
        accepted(["recut", "17"], "Job 3")

    assert (refused.value.scan, refused.value.code) == (17, "RULES_CHANGED")


def test_a_port_list_in_use_stays(site: Site) -> None:
    """Until the scans that use it have ended; the oldest is named."""
    lists = PortLists(PortListStore(site.client, site.clock))
    view = lists.create(site.keys, {"name": "web", "ports": "80,443"}, Asked())
    port_list = view["port_list_id"]
    scans = of(site, "port-list", port_list, "scans")
    site.client.sadd(scans, 1700000000000009, 1700000000000008)
    with pytest.raises(Conflict, match="Scan 1700000000000008 uses it"):
        lists.delete(site.keys, port_list)
    assert lists.get(site.keys, port_list) == view
    site.client.delete(scans)
    lists.delete(site.keys, port_list)

    assert site.client.exists(of(site, "port-lists"), of(site, "port-list", port_list)) == 0
    with pytest.raises(NotFound):
        lists.delete(site.keys, port_list)
    with pytest.raises(NotFound):
        lists.change(site.keys, port_list, {"name": "x"})


def test_two_processes_make_one_rule(site: Site) -> None:
    """Of many who want the same CIDR at once one has it, and the version says so."""
    outcomes: list[str] = []

    def want() -> None:
        store = RuleStore(site.client, Clock())
        cases = AddressRules("subnet", store, recutting_of(store))
        try:
            cases.create(site.keys, {"cidr": "10.0.0.0/8", "max_probes_per_second": 1}, Asked())
        except AlreadyExists:
            outcomes.append("refused")
        else:
            outcomes.append("made")

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["made", *["refused"] * 7]
    assert RuleStore(site.client).version(site.keys) == 1
