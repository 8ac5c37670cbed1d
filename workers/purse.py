"""The purse: our money at the gateway. When it is nearly empty somebody must pay in, or no message goes."""

import logging
from threading import Thread
from typing import Final

from sqlalchemy.orm import Session

from channels.sms.account import Account, BalanceUnknown
from core.outbox.spending import SCALE, Billed

LOOK_SECONDS: Final = 300.0

log = logging.getLogger(__name__)


def is_low(balance: Billed, *, least: int) -> bool:
    """Say whether less is left than `least`, in whole units of the account's own currency; 0 watches nothing."""
    return balance.amount < least * SCALE


class Purse:
    """Looks at the balance while this clock leads. The alarm is given once, and again only after the balance was enough."""

    def __init__(self, account: Account, *, least: int) -> None:
        self._account = account
        self._least = least
        self._low = self._silent = False
        self._looking: Thread | None = None

    def tick(self, _session: Session) -> None:
        """Begin to look, beside the clock: a slow gateway must not keep messages from being carried."""
        if self._least and (self._looking is None or not self._looking.is_alive()):
            self._looking = Thread(target=self.look, name="purse", daemon=True)
            self._looking.start()

    def look(self) -> None:
        """Look once, and say what has changed."""
        try:
            balance = self._account.balance()
        except BalanceUnknown as why:
            if not self._silent:
                log.warning("the balance at the gateway is not known", extra={"why": str(why)})
            self._silent = True
            return
        self._silent = False
        low, was_low = is_low(balance, least=self._least), self._low
        self._low = low
        if low and not was_low:
            log.error("the balance at the gateway is low", extra={"balance": str(balance), "least": self._least})
        elif was_low and not low:
            log.info("the balance at the gateway is enough again", extra={"balance": str(balance)})
