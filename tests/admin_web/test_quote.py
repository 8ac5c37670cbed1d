import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from admin_web.commands.quote import command
from admin_web.quotes.lines import answers
from admin_web.quotes.sms import answer


def quote(kind: str, *lines: str | bytes) -> list[Any]:
    """Ask for quotes and give the answers; the command must end well."""
    asked = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    result = CliRunner().invoke(command, [kind], input=asked)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_sms() -> None:
    said = quote(
        "sms",
        '{"text": "Umeweka KES 500"}',
        '{"text": "ng\u2019ombe"}',
        '{"text": "ng\u2019ombe", "fold": true}',
        json.dumps({"text": "a" * 161}),
        json.dumps({"text": "\N{WINKING FACE}" * 36}),
    )
    assert said == [
        {"encoding": "GSM-7", "units": 15, "segments": 1, "per_segment": 160, "fits": True},
        {"encoding": "UCS-2", "units": 7, "segments": 1, "per_segment": 70, "fits": True, "changed_text": "ng'ombe"},
        {"encoding": "GSM-7", "units": 7, "segments": 1, "per_segment": 160, "fits": True, "changed_text": "ng'ombe"},
        {"encoding": "GSM-7", "units": 161, "segments": 2, "per_segment": 153, "fits": False},
        {"encoding": "UCS-2", "units": 72, "segments": 2, "per_segment": 67, "fits": False},
    ]


def test_phone() -> None:
    said = quote(
        "phone",
        '{"number": "0712 345 678", "region": "KE"}',
        '{"number": "00254712345678", "region": "ke"}',
        '{"number": "0204445555", "region": "KE"}',
        '{"number": "123", "region": "KE"}',
    )
    assert said == [
        {"e164": "+254712345678", "region": "KE", "valid": True, "mobile": True},
        {"e164": "+254712345678", "region": "KE", "valid": True, "mobile": True},
        {"e164": "+254204445555", "region": "KE", "valid": True, "mobile": False},
        {"e164": None, "region": None, "valid": False, "mobile": False},
    ]


@pytest.mark.parametrize(
    ("kind", "line", "code"),
    [
        ("sms", b"not json", "quote.not_json"),
        ("sms", b"", "quote.not_json"),
        ("sms", b"[]", "quote.not_json"),
        ("sms", b'"text"', "quote.not_json"),
        ("sms", b"\xff\xfe", "quote.not_json"),
        ("sms", b"[" * 100_000, "quote.not_json"),
        ("sms", b"9" * 5_000, "quote.not_json"),
        ("sms", b"{}", "quote.missing"),
        ("sms", b'{"text": 5}', "quote.wrong_type"),
        ("sms", b'{"text": "a", "fold": "yes"}', "quote.wrong_type"),
        ("phone", b'{"number": "0712345678"}', "quote.missing"),
        ("phone", b'{"number": 712345678, "region": "KE"}', "quote.wrong_type"),
        ("phone", b'{"number": "0712345678", "region": "XX"}', "phone.unknown_region"),
    ],
)
def test_a_refused_line_is_answered_too(kind: str, line: bytes, code: str) -> None:
    first, refused, last = quote(kind, b"{}", line, b"{}")
    assert refused["error"]["code"] == code
    assert refused["error"]["message"]
    assert first == last


@given(st.lists(st.binary(max_size=30) | st.text(max_size=30).map(lambda text: json.dumps({"text": text}).encode()), max_size=5))
def test_one_line_in_one_line_out(lines: list[bytes]) -> None:
    said = [json.loads(line) for line in answers(lines, answer)]
    assert len(said) == len(lines)
    assert all(("error" in each) != ("units" in each) for each in said)


def test_kinds_are_found_by_file_name() -> None:
    shown = CliRunner().invoke(command, ["--help"]).output
    assert "sms" in shown
    assert "phone" in shown
    assert "lines" not in shown
    assert CliRunner().invoke(command, ["horoscope"]).exit_code == 2
