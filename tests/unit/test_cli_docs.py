"""What the documents say of the code is so."""

import ast
import re
from pathlib import Path

import pytest

from cli.errors import EXIT_CODES
from dispatch.settings import Settings
from domain import errors
from scanner import schemas, syncing
from scanner.findings import RESULTS_AT_MOST
from web.schemas import Schema

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table beneath a heading of the README."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_tests_that_the_hazards_name_exist() -> None:
    """Every test in docs/hazards.md is there under that name."""
    hazards = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(\w+\.py)::(test_\w+)", hazards))
    there = {
        (path.name, node.name)
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert named
    assert named <= there


def test_the_readme_lists_every_setting_with_its_default() -> None:
    """The README's table has the settings of the code, and no other."""
    defaults = {
        name.upper(): str(field.default)
        for name, field in Settings.__dataclass_fields__.items()
        if field.default is not None
    }
    listed = {name: default for name, default, _ in rows("Settings")}

    assert set(listed) == {name.upper() for name in Settings.__dataclass_fields__}
    assert defaults.items() <= listed.items()


def test_the_readme_has_the_exit_codes_of_the_help() -> None:
    """The README's exit codes are those that `--help` documents."""
    told = re.findall(r"^  (\d+) ", EXIT_CODES, flags=re.MULTILINE)

    assert told == [code for code, _ in rows("Exit codes")]


def test_the_files_that_the_readme_points_to_exist() -> None:
    """No link of the README leads nowhere."""
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)

    assert links
    assert all((ROOT / link).exists() for link in links)


def test_the_files_that_the_protocols_page_points_to_exist() -> None:
    """Nor one of docs/protocol.md."""
    links = re.findall(r"\]\((?!http)([^)#]+)", PROTOCOL)

    assert links
    assert all((ROOT / "docs" / link).exists() for link in links)


@pytest.mark.parametrize(
    "schema",
    [
        *(schemas.ClaimQuery, schemas.Job, schemas.Controlled, schemas.Completion),
        *(schemas.HeartbeatAnswer, syncing.ReportedJob, syncing.SyncAnswer, syncing.Refusal),
    ],
)
def test_the_protocols_page_has_every_field_of_a_job_and_of_a_sync(schema: type[Schema]) -> None:
    """By its name on the wire."""
    names = {str(field.data_key) for field in schema().fields.values()} - {"ok", "status"}

    assert {name for name in names if not re.search(rf"[`\"]{name}[`\"]", PROTOCOL)} == set()


def test_the_protocols_page_has_the_limits_of_the_code() -> None:
    """Those that cap, and those that refuse."""
    assert f"above {schemas.JOBS_AT_MOST} counts as {schemas.JOBS_AT_MOST} |" in PROTOCOL
    seconds = schemas.WAIT_AT_MOST_SECONDS
    assert f"0 to {seconds} seconds; above {seconds} counts as {seconds}." in PROTOCOL
    assert f"0 to {syncing.JOBS_AT_MOST}; above {syncing.JOBS_AT_MOST} is refused" in PROTOCOL
    assert f"at most {RESULTS_AT_MOST:,} |" in PROTOCOL


def test_the_protocols_page_has_the_codes_that_a_report_is_refused_with() -> None:
    """And says what to do about each."""
    kinds: list[type[errors.DispatchError]] = [errors.LeaseLost, errors.JobNotOwned]
    kinds += [errors.JobNotFound, errors.InvalidTransition, errors.BatchGap]
    kinds += [errors.Invalid, errors.StoreFull]
    told = re.findall(r"^\| `([A-Z_]+)` \| \w", PROTOCOL, flags=re.MULTILINE)

    assert set(told) == {kind.code for kind in kinds}
