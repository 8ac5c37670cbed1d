"""Our account at the gateway: how much money is left for messages."""

from typing import Final

from channels.sms.wire import Declined, Unanswered, Unreached, Wire
from core.outbox.spending import Billed, billed
from core.settings import Settings

REASON_MAX: Final = 60


class BalanceUnknown(Exception):
    """The gateway did not say what is left."""


class Account:
    """Asks the gateway what is left. Not for several threads at once, as the wire."""

    def __init__(self, *, base_url: str, username: str, api_key: str) -> None:
        self._wire = Wire(base_url=base_url, username=username, api_key=api_key)

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """Make the account of the settings."""
        return cls(base_url=settings.at_base_url, username=settings.at_username, api_key=settings.at_api_key)

    def balance(self) -> Billed:
        """Say what is left.

        :raises BalanceUnknown: if the gateway does not answer, or with something else
        """
        try:
            answer = self._wire.fetch_application_data()
            found = billed(str(answer["UserData"]["balance"]))
        except (Unreached, Unanswered) as error:
            raise BalanceUnknown(f"the gateway does not answer: {error}") from error
        except Declined as error:
            raise BalanceUnknown(f"the gateway answers {error.status} {error.text}"[:REASON_MAX]) from error
        except (KeyError, TypeError) as error:
            raise BalanceUnknown("the gateway's answer has another shape") from error
        if found is None:
            raise BalanceUnknown("the gateway's answer holds no amount")
        return found
