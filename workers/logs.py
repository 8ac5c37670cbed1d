"""Logs: JSON lines, or colours on a terminal. Whatever is logged, no PIN, token, text or whole phone number gets through."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from core.settings import MASK, SECRET_PATH_CHARS_MIN, Settings

# What a careless call might pass as `extra`.
SECRET_KEYS: Final = frozenset({"pin", "new_pin", "text", "token", "password", "secret", "api_key", "pepper", "code", "body", "content"})
_CHATTY: Final = ("alembic", "httpx", "urllib3")
# Digits as of a phone number, but not inside of an id or a decimal.
_PHONE: Final = re.compile(r"(?<![\w.-])\+?\d{6,12}(?=\d{3}(?![\w-]))")


def configure(settings: Settings, *, process: str) -> None:
    """Send every log of this process to standard output, one line each."""
    console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stdout.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if console else "iso", utc=not console),
        structlog.processors.format_exc_info,
        Discretion(settings),
    ]
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if console:
        last.append(structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=0))
    else:
        last += [_name_process(process), structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(settings.log_level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


class Discretion:
    """Takes out of a log line what does not belong in a log."""

    def __init__(self, settings: Settings) -> None:
        secrets = (settings.secret_path, settings.at_api_key, settings.telegram_token, settings.telegram_secret)
        # A short one, as of the demo, is a word that may stand anywhere.
        self._secrets = tuple(secret for secret in secrets if len(secret) >= SECRET_PATH_CHARS_MIN)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Drop what has a secret's name; mask phones and known secrets in the rest."""
        return {key: self.cleaned(value) for key, value in event.items() if key.lower() not in SECRET_KEYS}

    def cleaned(self, value: Any) -> Any:  # noqa: ANN401 whatever was logged
        """Clean a value, however deep."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, MASK)
            return _PHONE.sub(MASK, value)
        if isinstance(value, Mapping):
            return {key: self.cleaned(each) for key, each in value.items() if str(key).lower() not in SECRET_KEYS}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.cleaned(each) for each in value]
        return value if value is None or isinstance(value, int | float) else self._as_text(value)

    def _as_text(self, value: object) -> Any:  # noqa: ANN401 a record is for structlog itself
        return value if isinstance(value, logging.LogRecord) else self.cleaned(str(value))


def _name_process(name: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"process": name, **event}

    return add
