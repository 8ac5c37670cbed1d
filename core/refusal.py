"""What a person can cause is refused: a code and facts, never a sentence."""

from typing import Any, ClassVar


class Refused(Exception):
    """Something a person asked for may not be done. `code` names the rule, `facts` hold what a sentence needs."""

    code: ClassVar[str] = "refused"

    def __init__(self, **facts: Any) -> None:  # noqa: ANN401 facts are whatever the sentence needs
        super().__init__(self.code, facts)
        self.facts = facts
