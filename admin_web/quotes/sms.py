"""`pamoja quote sms`: how a text travels as SMS."""

from typing import Any

from admin_web.quotes.lines import Asked, line_command
from channels.words.folding import fold
from channels.words.gsm7 import measure


def answer(asked: Asked) -> dict[str, Any]:
    """Measure the text as it is given, or with `fold` as it would be sent."""
    text, is_folded = asked.text("text"), asked.flag("fold")
    folded = fold(text)
    encoded = measure(folded if is_folded else text)
    measured = {
        "encoding": encoded.encoding,
        "units": encoded.units,
        "segments": encoded.segments,
        "per_segment": encoded.per_segment,
        "fits": encoded.fits,
    }
    return measured | ({"changed_text": folded} if folded != text else {})


command = line_command(
    "sms",
    answer=answer,
    about='Say how texts travel as SMS: {"text", "fold"?} gives encoding, units, segments; "fits" says that it is one SMS.',
    example="""echo '{"text": "Umeweka KES 500", "fold": true}' | pamoja quote sms""",
)
