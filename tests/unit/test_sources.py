"""The Lua scripts as texts: headers, includes, keys, numbers."""

from __future__ import annotations

import re
from collections import Counter

import fakeredis
import pytest

from queues import sources
from queues.keys import MAP, SiteKeys
from queues.sources import FOLDER, source

SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.lua"))
STEPS = sorted(path.stem for path in (FOLDER / "lib").glob("*.lua"))
_AFTER = re.compile(r"\b(queue|scan|scanner)(?:\[1\])? \.\. ':([\w-]+)'")
_KEY_CALL = re.compile(r"\bkey\(((?:[^()]|\([^()]*\))*)\)")


def text(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def header(name: str) -> str:
    lines = text(name).split("\n")
    return "\n".join(line for line in lines[:40] if line.startswith("--"))


def body(name: str) -> str:
    return "\n".join(line for line in source(name).split("\n") if not line.startswith("--"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_header_says_which_arguments_the_body_uses(name: str) -> None:
    """Each ARGV index that a script or its steps use is declared in its header, and none else."""
    said = {int(n) for n in re.findall(r"ARGV\[(\d+)", header(name))}
    for first, last in re.findall(r"\((\d+) to (\d+):", header(name)):
        said |= set(range(int(first), int(last) + 1))
    own = "\n".join(line for line in text(name).split("\n") if not line.startswith("--"))
    used = {int(n) for n in re.findall(r"ARGV\[(\d+)\]", body(name))}
    open_end = re.search(r"ARGV\[(\d+)…\]", header(name))

    assert used <= said
    unused = said - used
    if open_end:
        assert "#ARGV" in own
        unused.discard(int(open_end[1]))
    offset = {int(base) + i for base in re.findall(r"ARGV\[(\d+) \+ i\]", own) for i in range(1, 9)}
    assert unused - offset == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_header_promises(name: str) -> None:
    """A script says what KEYS it is given, what it returns and what it guarantees."""
    for word in ("KEYS[1] the site", "Returns", "Guarantees"):
        assert word in header(name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_short(name: str) -> None:
    """One script is below 80 lines."""
    assert text(name).count("\n") <= 80


def patterns(lua: str) -> set[str]:
    """Every key(...) of a Lua text as a pattern of MAP: names stay, the rest is <id>.

    A key made from one at hand, `queue .. ':ready'` or `scan[1] .. ':tasks'`, counts too.
    """
    found = {f"{kind}:<id>:{part}" for kind, part in _AFTER.findall(lua)}
    for call in _KEY_CALL.findall(lua):
        parts = [part.strip() for part in re.split(r",(?![^()]*\))", call)]
        if parts != ["..."]:
            found.add(":".join(p[1:-1] if re.fullmatch(r"'[\w-]+'", p) else "<id>" for p in parts))
    return {re.sub(r"^scans:\w+$", "scans:<id>", pattern) for pattern in found}


@pytest.mark.parametrize("name", [*SCRIPTS, *(f"lib/{step}" for step in STEPS if step != "keys")])
def test_keys_are_on_the_map(name: str) -> None:
    """Every key that Lua builds has its pattern in queues/keys.py."""
    kinds = {
        "scan:<id>:<id>": "scan:<id>:done",  # cover.lua: done, failed, excluded
        "<id>:<id>": "scan:<id>",  # records.lua: of a scan, a scanner, a task, a queue
        "<id>:<id>:grants": "subnet:<id>:grants",  # budget.lua: of a scan, of a subnet
        "<id>:<id>:waiters": "subnet:<id>:waiters",
        "<id>:<id>:turns": "subnet:<id>:turns",
    }
    built = {kinds.get(pattern, pattern) for pattern in patterns(text(name))}

    assert built <= set(MAP)


def test_every_key_on_the_map_is_built_somewhere() -> None:
    """The map names no key that nothing uses."""
    built = set().union(*(patterns(source(name)) for name in SCRIPTS))
    covered = {"scan:<id>:done", "scan:<id>:failed", "scan:<id>:excluded", "scan:<id>:grants"}
    covered |= {"task:<id>", "queue:<id>"}
    in_python = {"retiring"}

    assert set(MAP) - built - covered - in_python == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_lua_brings_is_looked_up_once(name: str) -> None:
    """A name of Lua's own, or of the server's, that a script uses is among those made local."""
    brought = {"redis", "string", "math", "table", "unpack", "next", "pairs", "ipairs", "tonumber"}
    brought |= {"type", "select", "pcall", "error", "tostring", "setmetatable", "cjson", "bit"}
    code = re.sub(r"--.*|'[^'\n]*'", "", body(name).split("\n", 2)[2])

    assert brought & set(re.findall(r"(?<![.\w])[a-z]+\b", code)) <= set(
        sources._GLOBALS.split(", ")
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_numbers_keep_their_digits(name: str) -> None:
    """No script turns a number into text but by lib/text: `..` and tostring keep only 14 digits."""
    assert "tostring(" not in body(name)
    assert "cjson" not in body(name)
    assert body(name).count("string.format(") == body(name).count("string.format('%d") <= 2


NUMBERS = (0, 7, -7, 999_999_999, 10**9, 10**9 + 1, 1_795_339_845_308_001, 2**53, -(2**40))


@pytest.mark.parametrize("number", NUMBERS)
def test_text_has_all_digits(number: int) -> None:
    """Of any whole number that a double holds."""
    lua = fakeredis.FakeRedis(decode_responses=True)
    code = f"{text('lib/text')} return text(tonumber(ARGV[1]))"

    assert lua.eval(code, 0, number) == str(number)


@pytest.mark.parametrize("name", SCRIPTS)
def test_includes_come_once_and_before_their_use(name: str) -> None:
    """Each shared step is in a script once."""
    functions = re.findall(r"^local function (\w+)", source(name), re.MULTILINE)

    assert "-- include:" not in source(name)
    assert len(functions) == len(set(functions))


def test_names_of_one_line_are_shared_together() -> None:
    """Where only one of them is used outside of their step."""
    texts = ["local here, there = 1, 2\nlocal apart = 3\n", "return here\n"]

    assert sources._shared(texts) == [{"here", "there"}, set()]


def test_no_two_steps_define_one_function() -> None:
    """Whoever includes both would call the one that comes last."""
    defined = Counter(
        name
        for step in STEPS
        for name in re.findall(r"^local function (\w+)", text(f"lib/{step}"), re.MULTILINE)
    )

    assert [name for name, times in defined.items() if times > 1] == []


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_used(step: str) -> None:
    """No shared step lies about unused."""
    users = [path for path in FOLDER.rglob("*.lua") if f"-- include: {step}\n" in path.read_text()]

    assert users


def test_keys_of_a_site_share_a_hash_tag() -> None:
    """A cluster keeps a site on one node."""
    keys = SiteKeys("branch-7")

    assert keys.root == "sd:{branch-7}"
    assert keys.of("scan", 17, "open") == "sd:{branch-7}:scan:17:open"


@pytest.mark.parametrize("name", [*SCRIPTS, *(f"lib/{step}" for step in STEPS)])
def test_an_include_is_used(name: str) -> None:
    """By a name of its, or because what it writes is to be written first."""
    own = set(re.findall(r"\w+", re.sub(r"--.*", "", text(name))))
    for step in re.findall(r"^-- include: (\w+)$", text(name), re.MULTILINE):
        lines = re.findall(
            r"^local (?:function )?(\w+(?:, \w+)*)", text(f"lib/{step}"), re.MULTILINE
        )
        names = {word for line in lines for word in line.split(", ")}
        assert names & own or "WRITERS[" in text(f"lib/{step}"), f"{step} is not used"


@pytest.mark.parametrize("step", ["scan", "scanner", "site"])
def test_each_field_is_made_of_its_own_value(step: str) -> None:
    """A record's fields stand in the order in which they were asked for."""
    code = text(f"lib/{step}")
    lists = {
        n: re.findall(r"'(\w+)'", names) for n, names in re.findall(r"(\w+) = \{([^{}]*)\}", code)
    }
    made = re.findall(r"unpack\((\w+)\)\)\n((?:.*\n)*?) *CALL", code)

    assert made
    for asked, table in made:
        fields = [(name, int(at)) for name, at in re.findall(r"(\w+) = f\[(\d+)\]", table)]
        assert fields == [(name, at) for at, name in enumerate(lists[asked], 1)]
