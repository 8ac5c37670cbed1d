"""The whole sandbox in one object: the gateways, the inboxes and what is known of both."""

import secrets
from dataclasses import dataclass

import httpx

from channels.sandbox.calls import Calls
from channels.sandbox.courier import Courier
from channels.sandbox.faults import Faults
from channels.sandbox.inboxes import Inboxes
from channels.sandbox.messaging import Messaging
from channels.sandbox.options import Options
from channels.sandbox.tariff import Account
from channels.sandbox.telegram_server import Telegram
from channels.sandbox.ussd import UssdGateway
from channels.sandbox.wire import Wire


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Everything a sandbox holds. All of it is in memory, bounded, and safe to use from many threads."""

    options: Options
    faults: Faults
    calls: Calls
    inboxes: Inboxes
    courier: Courier
    ussd: UssdGateway
    messaging: Messaging
    telegram: Telegram
    client: httpx.Client
    boot: str  # tells this run from the one before, whose inboxes are gone

    def close(self) -> None:
        """Stop the threads and forget what still waits."""
        self.ussd.close()
        self.telegram.close()
        self.courier.close()
        self.client.close()


def open_sandbox(options: Options, *, client: httpx.Client | None = None) -> Sandbox:
    """Build a sandbox. `client` reaches our public side; give one with a WSGI transport to stay inside the process."""
    # Nothing between us and ourselves: proxies of the environment do not apply.
    client = client or httpx.Client(trust_env=False, timeout=options.answer_seconds_max, follow_redirects=False)
    faults, calls, inboxes, account = Faults(), Calls(), Inboxes(), Account()
    courier = Courier(client, calls)
    wire = Wire(options, calls=calls, client=client)
    return Sandbox(
        options=options,
        faults=faults,
        calls=calls,
        inboxes=inboxes,
        courier=courier,
        ussd=UssdGateway(options, wire=wire, faults=faults, courier=courier, account=account),
        messaging=Messaging(options, inboxes=inboxes, faults=faults, calls=calls, courier=courier, account=account),
        telegram=Telegram(options, faults=faults, calls=calls, client=client),
        client=client,
        boot=secrets.token_hex(4),
    )
