"""What is left at the gateway, against every answer it gives."""

import pytest

from channels.sandbox.faults import FaultSet, SmsFaults
from channels.sandbox.tariff import BALANCE_AT_START, SEGMENT_COST
from channels.sms.account import Account, BalanceUnknown
from channels.sms.sender import Sender
from core.outbox.spending import Billed
from tests.gateways import Scripted, answer, served_sandbox


def test_the_sandbox_says_what_is_left_after_what_was_sent() -> None:
    with served_sandbox() as gateway:
        account = Account(base_url=gateway.url, username="sandbox", api_key="sandbox")
        assert account.balance() == Billed(BALANCE_AT_START, "KES")
        Sender(base_url=gateway.url, username="sandbox", api_key="sandbox").send("Hello", ["+254700000001", "+254700000002"])
        left = account.balance()
        # The gateway shows cents, and an SMS costs parts of them.
        assert left == Billed(BALANCE_AT_START - 2 * SEGMENT_COST, "KES")
        gateway.sandbox.faults.replace(FaultSet(sms=SmsFaults(balance="KES 12.50")))
        assert account.balance() == Billed(125_000, "KES")
        with pytest.raises(BalanceUnknown, match="401"):
            Account(base_url=gateway.url, username="sandbox", api_key="wrong").balance()


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (answer("200 OK", '{"UserData":{"balance":"KES 1785.50"}}'), "KES 1785.5000"),
        (answer("200 OK", '{"UserData":{"balance":"USD 3"}}'), "USD 3.0000"),
        (answer("200 OK", '{"UserData":{"balance":"None"}}'), "holds no amount"),
        (answer("200 OK", '{"UserData":{}}'), "another shape"),
        (answer("200 OK", "[]"), "another shape"),
        (answer("200 OK", "<html>"), "does not answer: the answer is no JSON"),
        (answer("503 Service Unavailable", ""), "answers 503"),
        ([None], "does not answer"),
    ],
)
def test_answers_byte_for_byte(given: list[bytes | None], left: str) -> None:
    with Scripted([given]) as gateway:
        account = Account(base_url=gateway.url, username="prod", api_key="a-key")
        try:
            said = str(account.balance())
        except BalanceUnknown as why:
            said = str(why)
        assert left in said
    assert gateway.requests[0].startswith(b"GET /at/version1/user?username=prod HTTP/1.1\r\n")
    assert b"\r\napiKey: a-key\r\n" in gateway.requests[0]
