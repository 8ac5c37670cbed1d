/** One message as a bubble: its text with the marks Telegram knows, its buttons, and what a service message says. */

import { h, timeOf } from "./dom.js";

const MARKS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "code", blockquote: "q", spoiler: "mark" };
const MEDIA = { voice: "Voice message", video: "Video", document: "Document", sticker: "Sticker", location: "Location", photo: "Photo" };
const SHELLS = 6;

/** Text with its entities; their offsets count as JavaScript's strings do. */
function marked(text, entities) {
  const edges = [...new Set([0, text.length, ...entities.flatMap(({ offset, length }) => [offset, offset + length])])].sort((one, other) => one - other);
  return edges.slice(0, -1).map((start, index) => {
    const covering = entities.filter(({ offset, length }) => offset <= start && start < offset + length);
    return covering.reduceRight((inner, entity) => wrap(inner, entity), document.createTextNode(text.slice(start, edges[index + 1])));
  });
}

function wrap(inner, { type, url }) {
  if (type === "text_link") return h("a", { href: /^https?:/.test(url) ? url : "#", target: "_blank", rel: "noopener noreferrer" }, inner);
  if (type === "bot_command" || type === "mention") return h("span", { class: "tg-word" }, inner);
  return MARKS[type] ? h(MARKS[type], {}, inner) : inner;
}

const names = (users) => users.map((user) => user.first_name).join(", ");

function service(message) {
  const who = message.from.name;
  if (message.new_chat_members) {
    const came = names(message.new_chat_members);
    return came === who ? `${who} joined the group` : `${who} added ${came}`;
  }
  if (message.left_chat_member) return message.left_chat_member.first_name === who ? `${who} left the group` : `${who} removed ${message.left_chat_member.first_name}`;
  if (message.pinned_message) return `${who} pinned a message`;
  if (message.migrate_to_chat_id) return "This group became a supergroup";
  return message.migrate_from_chat_id ? "This group is now a supergroup" : "";
}

const mediaOf = (message) => Object.keys(MEDIA).find((kind) => message[kind]);

/** A message in one line, for the list of chats. */
export function previewOf(message, bot, { plain = false } = {}) {
  const said = service(message);
  if (said) return said;
  const what = message.text || (message.contact ? "Contact" : MEDIA[mediaOf(message)]) || "";
  return plain ? what : `${message.from.id === bot.id ? bot.name : message.from.name}: ${what}`;
}

function content(message) {
  if (message.contact) {
    const { first_name: name, phone_number: phone } = message.contact;
    return [h("p", { class: "tg-card" }, h("b", {}, name), h("span", {}, `+${phone}`))];
  }
  const kind = mediaOf(message);
  const { file_id: id, width, height } = kind === "photo" ? message.photo.at(-1) : { file_id: "" };
  const picture = /^[0-9a-f]{64}$/.test(id) ? h("img", { src: `/api/telegram/photos/${id}`, width: width || 320, height: height || 320, alt: message.text || "A picture from the bot" }) : null;
  return [
    picture || (kind ? h("p", { class: "tg-media" }, MEDIA[kind]) : null),
    message.text ? h("p", { class: "tg-text" }, ...marked(message.text, message.entities)) : null,
  ];
}

export function bubble(message, { chat, writer, reply, edit, press }) {
  const said = service(message);
  if (said) return h("li", { class: "tg-service" }, said);
  const mine = message.from.id === writer;
  const answered = chat.messages.find(({ id }) => id === message.reply_to);
  const sender = chat.id < 0 && !mine ? h("b", { class: "tg-who", "data-who": message.from.bot ? "bot" : message.from.id % SHELLS }, message.from.anonymous ? chat.title : message.from.name) : null;
  const tool = (name, sign, act) => h("button", { type: "button", "aria-label": name, title: name, "data-hold": `${message.id}${sign}`, onclick: () => act(message) }, sign);
  const key = (button, place) => h("button", { type: "button", "data-hold": `${message.id}:${place}`, onclick: () => press(message, button) }, button.url ? `${button.text} ↗` : button.text);
  return h(
    "li",
    { class: mine ? "tg-said mine" : "tg-said" },
    h(
      "div",
      { class: "tg-bubble" },
      sender,
      answered ? h("blockquote", {}, h("b", {}, answered.from.name), h("span", {}, answered.text || "Message")) : null,
      ...content(message),
      h("footer", {}, message.edited ? "edited " : "", timeOf(new Date(message.at))),
    ),
    h("div", { class: "tg-tools" }, tool("Reply", "↩", reply), mine && message.text && !mediaOf(message) ? tool("Edit", "✎", edit) : null),
    message.buttons.length ? h("div", { class: "tg-buttons" }, ...message.buttons.map((row, at) => h("div", {}, ...row.map((each, place) => key(each, `${at}-${place}`))))) : null,
  );
}
