"""`pamoja phone` against a sandbox on a real port."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from admin_web.commands.phone import command
from channels.sandbox.app import create_app
from channels.sandbox.sandbox import Sandbox

AMINA = "+254700000001"
GOING = "> *384*77#\n< Umoja | 1 Save | 2 Loan\nx\n"


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(sandbox=sandbox), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: str, keys: str = "") -> Result:
    return CliRunner().invoke(command, arguments, input=keys)


def test_dialling_by_hand(address: str) -> None:
    result = run(AMINA, "--sandbox", address, "--dial", "*384*77#", keys="1\nx\nq\n")
    assert result.exit_code == 0, result.output
    assert "1 Save" in result.output
    assert "hop 2" in result.output


def test_a_script_that_holds_and_one_that_does_not(address: str, tmp_path: Path) -> None:
    path = tmp_path / "root.txt"
    path.write_text(GOING, encoding="utf-8")
    assert run(AMINA, "--sandbox", address, "--script", str(path)).exit_code == 0
    path.write_text(GOING.replace("2 Loan", "2 Borrow"), encoding="utf-8")
    result = run(AMINA, "--sandbox", address, "--script", str(path))
    assert result.exit_code == 1
    assert "- 2 Borrow" in result.output
    assert "+ 2 Loan" in result.output
    assert run(AMINA, "--sandbox", address, "--script", str(path), "--update").exit_code == 0
    assert path.read_text(encoding="utf-8") == GOING


def test_without_a_sandbox() -> None:
    result = run(AMINA, "--sandbox", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "no sandbox at http://127.0.0.1:9" in result.output


def test_a_number_that_is_none() -> None:
    assert run("amina").exit_code == 2


def test_help_has_an_example() -> None:
    assert "pamoja phone +254700000001" in run("--help").output
