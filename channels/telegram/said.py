"""What comes in from a private chat, and what goes out to it."""

from dataclasses import dataclass, field
from datetime import datetime

from channels.telegram.pages import Shown


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody did in their private chat: wrote `text`, pressed the button with `data`, or shared a contact.

    `text` may hold a PIN; it is never kept or logged. `contact` is the number of a shared contact, if it is their own
    ('' if it is another's).
    """

    update_id: int
    user_id: int
    chat_id: int
    message_id: int
    name: str
    language: str
    at: datetime
    text: str = ""
    data: str | None = None
    contact: str | None = None
    press_id: str = ""  # of the press, which Telegram wants answered

    def __repr__(self) -> str:
        return f"Said({self.update_id})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is done in the chat: a message is sent, or takes the place of the one it `edits`; others lose their buttons."""

    shown: Shown | None
    session: str = ""  # of the conversation that it is a screen of
    edits: int | None = None
    retires: frozenset[int] = field(default_factory=frozenset)
    deletes: int | None = None
    toast: str = ""
    commands: str = ""  # the language in which the chat lists its commands from now on
