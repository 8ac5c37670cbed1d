"""The sandbox's Telegram by raw HTTP: what people do, what the bot hears of it, and every refusal in Telegram's own words."""

import json
from typing import Any

import httpx
import pytest

from channels.sandbox import telegram_text
from channels.sandbox.sandbox import Sandbox
from channels.sandbox.telegram_types import ApiError
from core.settings import DEMO_TELEGRAM_TOKEN as TELEGRAM_TOKEN
from tests.channels.sandbox.telegram import AMINA, BARAKA, BOT, CHAUSIKU, UMOJA, Town

BUTTONS = {"inline_keyboard": [[{"text": "Yes", "callback_data": "v1:yes"}, {"text": "Site", "url": "https://pamoja.test"}]]}


@pytest.fixture
def town(api: httpx.Client) -> Town:
    return Town(api)


@pytest.fixture
def group(town: Town) -> Town:
    """Umoja's group with the bot in it, as a plain member."""
    town.do("join", CHAUSIKU, chat=UMOJA, whom=BOT)
    town.updates()
    return town


def test_a_talk_in_private(town: Town) -> None:
    town.do("message", AMINA, text="/start abc")
    (update,) = town.updates()
    message = update["message"]
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert (message["from"]["id"], message["chat"]) == (AMINA, {"id": AMINA, "first_name": "Amina", "type": "private"})
    sent = town.bot("sendMessage", chat_id=AMINA, text="<b>Karibu</b> &lt;3", parse_mode="HTML", reply_markup=json.dumps(BUTTONS))
    shown = town.chat(AMINA)["messages"][-1]
    assert (shown["id"], shown["text"], shown["entities"]) == (
        sent["message_id"],
        "Karibu <3",
        [{"type": "bold", "offset": 0, "length": 6}],
    )
    assert shown["buttons"][0][0] == {"text": "Yes", "data": "v1:yes", "url": ""}
    query = town.do("press", AMINA, message=shown["id"], button="Yes")["query"]
    (pressed,) = town.updates()
    assert (pressed["callback_query"]["data"], pressed["callback_query"]["from"]["id"]) == ("v1:yes", AMINA)
    assert town.bot("answerCallbackQuery", callback_query_id=query, text="Saved", show_alert="true")
    assert town.chat(AMINA)["answers"] == [{"query": query, "user": AMINA, "text": "Saved", "alert": True}]
    town.bot("editMessageText", chat_id=AMINA, message_id=shown["id"], text="Done")
    last = town.chat(AMINA)["messages"][-1]
    assert (last["text"], last["buttons"], last["edited"]) == ("Done", [], True)


@pytest.mark.parametrize(
    ("deeds", "heard"),
    [
        ([("message", AMINA, {"text": "hi"}), ("edit", AMINA, {"message": "last", "text": "ho"})], ["message", "edited_message"]),
        ([("contact", AMINA, {})], ["contact"]),
        ([("message", AMINA, {"media": "voice"})], ["message"]),
        (
            [("message", AMINA, {"text": "x"}), ("block", AMINA, {}), ("unblock", AMINA, {})],
            ["message", "my_chat_member", "my_chat_member"],
        ),
        ([("join", AMINA, {"chat": UMOJA, "whom": BOT})], ["my_chat_member", "new_chat_members"]),
        ([("join", AMINA, {"chat": UMOJA, "whom": BOT, "payload": "abc"})], ["my_chat_member", "new_chat_members", "message"]),
        (
            [("join", AMINA, {"chat": UMOJA, "whom": BOT}), ("join", 2**40 - 1, {"chat": UMOJA})],
            ["my_chat_member"] + 2 * ["new_chat_members"],
        ),
        (
            [("join", AMINA, {"chat": UMOJA, "whom": BOT}), ("leave", CHAUSIKU, {"chat": UMOJA, "whom": BOT})],
            ["my_chat_member", "new_chat_members", "left_chat_member", "my_chat_member"],
        ),
        (
            [("join", AMINA, {"chat": UMOJA, "whom": BOT}), ("promote", CHAUSIKU, {"chat": UMOJA, "whom": AMINA})],
            ["my_chat_member", "new_chat_members"],  # chat_member comes only to an administrator who asked for it
        ),
        (
            [("join", AMINA, {"chat": UMOJA, "whom": BOT}), ("migrate", CHAUSIKU, {"chat": UMOJA})],
            ["my_chat_member", "new_chat_members", "migrate_to_chat_id", "migrate_from_chat_id"],
        ),
        ([("message", AMINA, {"chat": UMOJA, "text": "/start"})], []),  # the bot is not there
    ],
)
def test_what_the_bot_hears(town: Town, deeds: list[tuple[str, int, dict[str, Any]]], heard: list[str]) -> None:
    last = 0
    for deed, user, more in deeds:
        last = town.do(deed, user, **{name: last if value == "last" else value for name, value in more.items()}).get("message", 0)
    assert town.kinds() == heard


@pytest.mark.parametrize(("admin", "heard"), [(True, ["chat_member", "left_chat_member"]), (False, ["left_chat_member"])])
def test_chat_member_is_for_an_administrator_who_asked(group: Town, admin: bool, heard: list[str]) -> None:  # noqa: FBT001 a row of the table
    if admin:
        group.do("promote", CHAUSIKU, chat=UMOJA, whom=BOT)
    group.updates(allowed_updates=["message", "chat_member"])
    group.do("leave", AMINA, chat=UMOJA)
    assert group.kinds() == heard


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("hello all", False),
        ("/balance", True),
        ("/balance@pamoja_demo_bot", True),
        ("/balance@other_bot", False),
        ("ask @pamoja_demo_bot now", True),
    ],
)
@pytest.mark.parametrize("privacy", [True, False])
def test_privacy_mode(group: Town, text: str, heard: bool, privacy: bool) -> None:  # noqa: FBT001 a row of the table
    group.do("privacy", AMINA, on=privacy)
    assert group.bot("getMe")["can_read_all_group_messages"] is not privacy
    group.do("message", AMINA, chat=UMOJA, text=text)
    assert len(group.updates()) == (heard or not privacy)


def test_a_reply_to_the_bot_is_heard(group: Town) -> None:
    sent = group.bot("sendMessage", chat_id=UMOJA, text="Meeting on Friday")
    group.do("message", AMINA, chat=UMOJA, text="yes", reply_to=sent["message_id"])
    (update,) = group.updates()
    assert update["message"]["reply_to_message"]["message_id"] == sent["message_id"]


def test_an_anonymous_administrator(group: Town) -> None:
    assert "anonymous" in group.cannot("message", CHAUSIKU, chat=UMOJA, text="/go", anonymous=True)
    moved = group.do("migrate", CHAUSIKU, chat=UMOJA)["chat"]
    group.updates()
    group.do("message", CHAUSIKU, chat=moved, text="/go", anonymous=True)
    (update,) = group.updates()
    assert (update["message"]["from"]["id"], update["message"]["sender_chat"]["id"]) == (1_087_968_824, moved)


def test_a_group_that_moves(group: Town) -> None:
    moved = group.do("migrate", CHAUSIKU, chat=UMOJA)["chat"]
    assert str(moved).startswith("-100")
    for method, more in (("sendMessage", {"text": "x"}), ("getChat", {}), ("pinChatMessage", {"message_id": 1})):
        refusal = group.refused(method, chat_id=UMOJA, **more)
        assert refusal == (400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": moved})
    assert group.bot("sendMessage", chat_id=moved, text="x")["chat"]["type"] == "supergroup"
    assert group.chat(UMOJA)["migrated_to"] == moved


SAY = {"chat_id": AMINA, "text": "x"}


@pytest.mark.parametrize(
    ("method", "params", "code", "description"),
    [
        ("sendMessage", {}, 400, "Bad Request: chat_id is empty"),
        ("sendMessage", SAY | {"chat_id": 7}, 400, "Bad Request: chat not found"),
        ("sendMessage", SAY | {"chat_id": BARAKA}, 400, "Bad Request: chat not found"),
        ("sendMessage", SAY | {"text": " "}, 400, "Bad Request: message text is empty"),
        ("sendMessage", SAY | {"text": "x" * 4097}, 400, "Bad Request: message is too long"),
        ("sendMessage", SAY | {"parse_mode": "Markdown"}, 400, "Bad Request: unsupported parse_mode"),
        ("sendMessage", SAY | {"reply_markup": "{"}, 400, "Bad Request: can't parse reply markup JSON object"),
        ("sendMessage", SAY | {"reply_parameters": {"message_id": 1}}, 400, "Bad Request: message to be replied not found"),
        (
            "sendMessage",
            SAY | {"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 32 + "x"}]]}},
            400,
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        ("editMessageText", SAY | {"message_id": 1}, 400, "Bad Request: message to edit not found"),
        ("deleteMessage", SAY | {"message_id": 1}, 400, "Bad Request: message to delete not found"),
        ("sendPhoto", SAY | {"photo": "x"}, 400, "Bad Request: there is no photo in the request"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, 400, "Bad Request: MESSAGE_TOO_LONG"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1"},
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        ),
        ("setMyCommands", {"commands": [{"command": "Salio!", "description": "x"}]}, 400, "Bad Request: BOT_COMMAND_INVALID"),
        ("setWebhook", {"url": "ftp://x"}, 400, "Bad Request: bad webhook: Failed to resolve host: Name or service not known"),
        ("getChatAdministrators", {"chat_id": AMINA}, 400, "Bad Request: there are no administrators in the private chat"),
        ("sendTelegram", {}, 404, "Not Found"),
    ],
)
def test_refusals(town: Town, method: str, params: dict[str, Any], code: int, description: str) -> None:
    town.do("message", AMINA, text="/start")
    assert town.refused(method, **params)[:2] == (code, description)


def test_limits_of_length_are_exact(town: Town) -> None:
    town.do("message", AMINA, text="/start")
    button = {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 32}]]}
    assert town.bot("sendMessage", chat_id=AMINA, text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML", reply_markup=button)


def test_the_wrong_token(api: httpx.Client) -> None:
    response = api.post("/bot1:other/getMe")
    assert (response.status_code, response.json()) == (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})


def test_not_modified(town: Town) -> None:
    town.do("message", AMINA, text="/start")
    sent = town.bot("sendMessage", chat_id=AMINA, text="x", reply_markup=BUTTONS)["message_id"]
    same = {"chat_id": AMINA, "message_id": sent, "reply_markup": BUTTONS}
    assert "message is not modified" in town.refused("editMessageText", text="x", **same)[1]
    assert "message is not modified" in town.refused("editMessageReplyMarkup", **same)[1]
    assert "reply_markup" not in town.bot("editMessageReplyMarkup", chat_id=AMINA, message_id=sent)


def test_where_the_bot_is_not_welcome(group: Town) -> None:
    assert group.refused("sendMessage", chat_id=BARAKA, text="x")[:2] == (403, "Forbidden: bot can't initiate conversation with a user")
    group.do("message", AMINA, text="/start")
    group.do("block", AMINA)
    assert group.refused("sendMessage", chat_id=AMINA, text="x")[:2] == (403, "Forbidden: bot was blocked by the user")
    group.do("leave", CHAUSIKU, chat=UMOJA, whom=BOT)
    assert group.refused("sendMessage", chat_id=UMOJA, text="x")[:2] == (403, "Forbidden: bot was kicked from the group chat")


def test_a_press_is_answered_once_and_in_time(town: Town) -> None:
    town.do("message", AMINA, text="/start")
    sent = town.bot("sendMessage", chat_id=AMINA, text="x", reply_markup=BUTTONS)["message_id"]
    query = town.do("press", AMINA, message=sent, button="Yes")["query"]
    assert town.bot("answerCallbackQuery", callback_query_id=query)
    assert "query is too old" in town.refused("answerCallbackQuery", callback_query_id=query)[1]
    town.http.put("/api/faults", json={"telegram": {"query_seconds": 0}})
    late = town.do("press", AMINA, message=sent, data="v0:of an old keyboard")["query"]
    assert "query is too old" in town.refused("answerCallbackQuery", callback_query_id=late)[1]
    assert "no such button" in town.cannot("press", AMINA, message=sent, button="Site")
    assert "not in this chat" in town.cannot("press", BARAKA, chat=AMINA, message=sent, button="Yes")


def test_pinning_and_deleting_need_rights_in_a_group(group: Town) -> None:
    theirs = group.do("message", AMINA, chat=UMOJA, text="/pin")["message"]
    assert group.refused("pinChatMessage", chat_id=UMOJA, message_id=theirs)[1].startswith("Bad Request: not enough rights")
    assert group.refused("deleteMessage", chat_id=UMOJA, message_id=theirs)[1] == "Bad Request: message can't be deleted"
    group.do("promote", CHAUSIKU, chat=UMOJA, whom=BOT)
    assert group.bot("pinChatMessage", chat_id=UMOJA, message_id=theirs)
    assert group.chat(UMOJA)["pinned"] == theirs
    assert group.kinds()[-1] == "pinned_message"
    assert group.bot("deleteMessage", chat_id=UMOJA, message_id=theirs)
    assert group.chat(UMOJA)["pinned"] == 0


def test_confirmed_updates_are_gone_and_a_repeat_comes_again(town: Town) -> None:
    first, second = (town.do("message", AMINA, text=text)["updates"][0] for text in "ab")
    assert second == first + 1
    assert [each["update_id"] for each in town.bot("getUpdates", limit=1)] == [first]
    assert [each["update_id"] for each in town.bot("getUpdates")] == [first, second]
    assert [each["update_id"] for each in town.bot("getUpdates", offset=second)] == [second]
    assert town.bot("getUpdates", offset=second + 1) == []
    assert town.do("repeat", AMINA)["updates"] == [second]
    assert [each["update_id"] for each in town.bot("getUpdates", offset=second + 1)] == [second]
    assert town.bot("getUpdates", offset=second + 1) == []


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ({"status": 429, "retry_after": 7}, (429, "Too Many Requests: retry after 7", {"retry_after": 7})),
        ({"status": 502, "times": 1}, (502, "Bad Gateway", {})),
        ({"drop": True, "method": "sendMessage"}, (504, "Gateway Timeout", {})),
    ],
)
def test_faults(town: Town, faults: dict[str, Any], outcome: tuple[int, str, dict[str, int]]) -> None:
    town.do("message", AMINA, text="/start")
    town.http.put("/api/faults", json={"telegram": faults})
    assert town.refused("sendMessage", **SAY) == outcome
    assert len(town.chat(AMINA)["messages"]) == 1
    calls = town.http.get("/api/calls?gateway=telegram").json()
    assert (calls[-1]["route"], calls[-1]["status"], calls[-1]["chat"]) == ("sendMessage", outcome[0], AMINA)
    assert len(town.bot("getUpdates")) == 1  # polling is not hit unless it is named


def test_after_a_cut_the_message_is_there_and_every_update_comes_twice(town: Town) -> None:
    town.do("message", AMINA, text="/start")
    town.http.put("/api/faults", json={"telegram": {"cut": True, "times": 1, "duplicates": 1}})
    with pytest.raises(Exception):  # noqa: B017, PT011 whatever breaks off the answer
        town.http.post(f"/bot{TELEGRAM_TOKEN}/sendMessage", json=SAY)
    assert [each["text"] for each in town.chat(AMINA)["messages"]] == ["/start", "x"]
    update = town.do("message", AMINA, text="again")["updates"][0]
    assert [each["update_id"] for each in town.updates()][1:] == [update, update]


@pytest.mark.parametrize(("chat", "most"), [(AMINA, 30), (UMOJA, 20)])
def test_how_much_a_bot_may_say(group: Town, chat: int, most: int) -> None:
    group.do("message", AMINA, text="/start")
    group.http.put("/api/faults", json={"telegram": {"per_second": 0} if chat == UMOJA else {}})
    answers = [group.http.post(f"/bot{TELEGRAM_TOKEN}/sendMessage", json={"chat_id": chat, "text": "x"}) for _ in range(most + 1)]
    assert [each.status_code for each in answers] == [200] * most + [429]
    wait = answers[-1].json()["parameters"]["retry_after"]
    assert answers[-1].json()["description"] == f"Too Many Requests: retry after {wait}"
    assert (wait == 1) if chat == AMINA else (50 < wait <= 60)


def test_commands_by_scope_and_language(town: Town) -> None:
    commands = [{"command": "salio", "description": "Salio langu"}]
    scope = {"type": "all_private_chats"}
    assert town.bot("setMyCommands", commands=commands, scope=scope, language_code="sw")
    assert town.bot("getMyCommands", scope=scope, language_code="sw") == commands
    assert town.bot("getMyCommands") == []


def test_the_keys_below_the_field(town: Town) -> None:
    town.do("message", AMINA, text="/start")
    town.bot("sendMessage", chat_id=AMINA, text="x", reply_markup={"keyboard": [[{"text": "My number", "request_contact": True}], ["No"]]})
    assert town.chat(AMINA)["keyboard"] == [[{"text": "My number", "request_contact": True}], [{"text": "No"}]]
    town.do("contact", AMINA)
    town.do("contact", AMINA, phone="+254711111111", whom=999)
    own, other = (each["message"]["contact"] for each in town.updates()[1:])
    assert (own["user_id"], own["phone_number"]) == (AMINA, "254700000001")
    assert "user_id" not in other
    town.bot("sendMessage", chat_id=AMINA, text="x", reply_markup={"remove_keyboard": True})
    assert town.chat(AMINA)["keyboard"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "fly", "user": AMINA},
        {"do": "message", "user": AMINA},
        {"do": "message", "user": -5, "text": "x"},
        {"do": "message", "user": 2**40, "text": "x"},
        {"do": "message", "user": BOT, "text": "x"},
        {"do": "message", "user": AMINA, "text": 5},
        {"do": "message", "user": AMINA, "text": "x", "chat": -5},
        {"do": "message", "user": AMINA, "text": "x", "media": "smell"},
        {"do": "press", "user": AMINA, "message": 1, "button": "Yes"},
        {"do": "migrate", "user": AMINA},
        {"do": "edit", "user": AMINA, "message": 1, "text": "x"},
        {"do": "group", "user": AMINA, "users": ["Baraka"]},
        {"do": "group", "user": AMINA, "users": [-1]},
        {"do": "message", "user": {"id": AMINA, "age": 5}, "text": "x"},
    ],
)
def test_deeds_that_nobody_can_do(api: httpx.Client, body: object) -> None:
    response = api.post("/api/telegram/updates", json=body)
    assert (response.status_code, bool(response.json()["error"])) == (400, True)


def test_a_new_group_and_a_new_user(town: Town) -> None:
    made = town.do("group", CHAUSIKU, title="Chama", users=[AMINA, BOT])
    assert made["chat"] < -(2**31)
    town.do("join", {"id": 5, "name": "Eve", "language": "fr"}, chat=made["chat"])  # type: ignore[arg-type]  # or a whole person
    names = {each["name"]: each["status"] for each in town.chat(made["chat"])["members"]}
    assert names == {"Amina": "member", "Chausiku": "creator", "Pamoja": "member", "Eve": "member"}


def test_the_page_asks_only_for_what_changed(town: Town) -> None:
    all_chats = town.http.get("/api/telegram/chats").json()
    assert len(all_chats["chats"]) == 12 + 3
    after = f"/api/telegram/chats?after={all_chats['version']}"
    assert town.http.get(after).json()["chats"] == []
    town.do("message", AMINA, text="x")
    assert [each["id"] for each in town.http.get(after).json()["chats"]] == [AMINA]
    assert town.http.get("/api/telegram/chats/7").status_code == 404


@pytest.mark.parametrize(
    ("html", "plain", "entities"),
    [
        ("a &amp; b &lt;i&gt;", "a & b <i>", []),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("😀<b>x</b>", "😀x", [("bold", 2, 1)]),
        ('<a href="https://x.test/?a=1&amp;b=2">x</a>', "x", [("text_link", 0, 1)]),
        ("x <b></b> ", "x", []),
        ('<span class="tg-spoiler">s</span><code>c</code>', "sc", [("spoiler", 0, 1), ("code", 1, 1)]),
    ],
)
def test_html(html: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    text, found = telegram_text.read(html, parse_mode="HTML", entities=[])
    assert (text, [(each["type"], each["offset"], each["length"]) for each in found]) == (plain, entities)


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("é<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
        ("KES <amount>", 'Unsupported start tag "amount" at byte offset 4'),
    ],
)
def test_bad_html(html: str, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        telegram_text.read(html, parse_mode="HTML", entities=[])
    assert str(refused.value) == f"Bad Request: can't parse entities: {why}"


def test_no_text_of_anybody_is_in_the_list_of_calls(group: Town, sandbox: Sandbox) -> None:
    group.do("message", AMINA, text="my PIN is 4826")
    group.bot("sendMessage", chat_id=AMINA, text="never 4826")
    assert "4826" not in repr(sandbox.calls.listed())
