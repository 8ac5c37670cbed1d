"""`pamoja ledger` and `pamoja verify`, at the terminal."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from admin_web.commands import ledger, verify
from core.db import transaction
from core.settings import Settings
from tests.builders import Town

pytestmark = pytest.mark.usefixtures("clean", "settings")
LINES = """
{"key": "1", "date": "2025-03-01", "memo": "Fees", "postings": [
 {"account": "assets:cash", "amount": "10.50"}, {"account": "income:fees", "amount": -10.50}]}
|
{"key": "2", "date": "2025-04-01", "postings": [{"account": "expenses:tea", "amount": "2"}, {"account": "assets:cash", "amount": "-2.00"}]}
""".replace(" [\n", " [").replace("|", "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file of entries."""
    path = tmp_path / "entries.jsonl"
    path.write_text(LINES)
    return path


def run(*arguments: object) -> Result:
    """Run `pamoja ledger`."""
    return CliRunner().invoke(ledger.command, [str(argument) for argument in arguments])


def test_from_file_to_trial_balance(file: Path) -> None:
    assert run("import", file, "--book", "OLD").output == "Error: there is no book OLD (--currency KES opens one on import)\n"
    closed = run("import", file, "--book", "OLD", "--currency", "KES")
    assert (closed.exit_code, closed.stdout) == (1, "")
    assert "row 2: account: assets:cash is not open" in closed.stderr
    assert "row 4: account: expenses:tea is not open" in closed.stderr
    done = run("import", file, "--book", "OLD", "--currency", "KES", "--open", "--json")
    assert json.loads(done.stdout) == {"entries": 2, "repeated": 0, "accounts": 3}
    again = run("import", file, "--book", "OLD")
    assert again.output == "0 entries posted to OLD, 0 accounts opened, 2 entries stood already.\n"
    march = run("balance", "--book", "OLD", "--as-of", "2025-03-31", "--json")
    assert json.loads(march.stdout) == [{"account": "assets:cash", "balance": "10.50"}, {"account": "income:fees", "balance": "-10.50"}]
    now = run("balance", "--book", "OLD")
    assert [line.split() for line in now.stdout.splitlines()] == [
        ["OLD,", "KES,", "now"],
        ["assets:cash", "8.50"],
        ["expenses:tea", "2.00"],
        ["income:fees", "10.50"],
        ["10.50", "10.50"],
    ]


def test_a_bad_line_refuses_all(file: Path) -> None:
    file.write_text(f'{LINES}\n{{"key": "3"}}\n')
    refused = run("import", file, "--book", "OLD", "--currency", "KES", "--open", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout) == {"refused": [{"row": 6, "reason": "postings: there must be 2 to 1000"}]}
    assert refused.stderr.endswith("Error: nothing was imported: 1 row is refused\n")
    assert run("balance", "--book", "OLD").exit_code == 1


def test_members_money_is_left_to_what_members_are_told_of(file: Path, settings: Settings, engine: Engine) -> None:
    with transaction(engine) as session:
        town = Town(session, "UMOJA")
        town.saves("amina", 100)
    before = run("balance", "--book", "UMOJA").stdout
    file.write_text(
        '{"key": "1", "date": "2025-03-02", "postings": [{"account": "cash", "amount": "5"}, {"account": "savings:1", "amount": "-5"}]}'
    )
    refused = run("import", file, "--book", "UMOJA")
    assert refused.exit_code == 1
    assert "row 1: account: savings:1 is members' money" in refused.stderr
    assert run("balance", "--book", "UMOJA").stdout == before
    file.write_text(file.read_text().replace("savings:1", "opening-balances"))
    assert run("import", file, "--book", "UMOJA").exit_code == 0
    with psycopg.connect(settings.database_url) as connection:
        statement = "SELECT group_id, outcome, content->>'book' FROM command_record WHERE kind = 'entries.import' ORDER BY at"
        assert connection.execute(statement).fetchall() == [
            (town.group_id, "import.rows_refused", "UMOJA"),
            (town.group_id, "done", "UMOJA"),
        ]
    assert CliRunner().invoke(verify.command).exit_code == 0


@pytest.mark.parametrize("name", ["FILE", "-"])
@pytest.mark.parametrize(
    ("line", "times", "said"),
    [(b"{}\n", 25_001, "at most 25000 rows"), (b" " * 2**20 + b"\n", 5, "at most 5 MB"), (b"x", 6 * 2**20, "at most 5 MB")],
)
def test_a_file_has_a_limit(file: Path, name: str, line: bytes, times: int, said: str) -> None:
    file.write_bytes(line * times)
    arguments = ["import", name.replace("FILE", str(file)), "--book", "OLD", "--currency", "KES"]
    failed = CliRunner().invoke(ledger.command, arguments, input=line * times)
    assert (failed.exit_code, failed.output) == (1, f"Error: {said} are imported at once: divide the file\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", "/nowhere/x", "--book", "OLD"), "Error: /nowhere/x: No such file or directory\n"),
        (("balance", "--book", "NONE"), "Error: there is no book NONE (--currency KES opens one on import)\n"),
        (("balance", "--book", "NONE", "--as-of", "March"), "Error: --as-of: write the day like 2026-06-30, not March\n"),
        (("export", "--book", "NONE", "--format", "csv"), "Error: there is no book NONE (--currency KES opens one on import)\n"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(arguments: tuple[str, ...], said: str) -> None:
    failed = run(*arguments)
    assert (failed.exit_code, failed.output) == (1, said)


@pytest.mark.parametrize(
    ("style", "part"), [("hledger", "assets:cash  10.50 KES"), ("beancount", "Assets:Cash  10.50 KES"), ("csv", '"10.50"')]
)
def test_export(file: Path, style: str, part: str) -> None:
    run("import", file, "--book", "OLD", "--currency", "KES", "--open")
    done = run("export", "--book", "OLD", "--format", style)
    assert done.exit_code == 0
    assert part in done.stdout


def test_verify_names_the_first_bad_row(file: Path, settings: Settings) -> None:
    run("import", file, "--book", "OLD", "--currency", "KES", "--open")
    fine = CliRunner().invoke(verify.command)
    assert (fine.exit_code, "All " in fine.output, "FAILED" in fine.output) == (0, True, False)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("UPDATE account SET balance_minor = balance_minor + 7 WHERE code = 'assets:cash'")
    bad = CliRunner().invoke(verify.command)
    assert bad.exit_code == 1
    assert "account assets:cash (number 1) says 857, its postings sum to 850" in bad.output
    checks = json.loads(CliRunner().invoke(verify.command, ["--json"]).stdout)
    assert [check["check"] for check in checks if not check["ok"]] == ["account-balance", "book-balances"]
    assert checks[4] | {"seconds": 0} == {
        "check": "account-balance",
        "ok": False,
        "seconds": 0,
        "book": "OLD",
        "row": {"book_id": 1, "account": 1, "code": "assets:cash", "balance": 857, "sum": "850"},
        "sentence": "book OLD: account assets:cash (number 1) says 857, its postings sum to 850",
    }
