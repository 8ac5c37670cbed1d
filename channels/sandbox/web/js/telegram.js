/** The Telegram of everybody on the table: the list of chats, one chat open, and who writes in it. */

import * as api from "./api.js";
import { bubble, previewOf } from "./bubbles.js";
import { h, stampOf } from "./dom.js";
import { deedsIn } from "./deeds.js";

const POLL_MS = 1000;
const AWAY_MS = 5000;
const OPEN = "pamoja.telegram";
const SHELLS = 6;

export class Telegram {
  #chats = new Map();
  #users = new Map();
  #seen = new Map(); // by chat, the newest message somebody here has seen
  #as = new Map(); // by group, who writes
  #presses = new Set();
  #bot = {};
  #version = 0;
  #open = 0;
  #mode = null; // {reply_to} or {message}: what the next text answers or replaces
  #timer;
  #drawn = 0;

  constructor(pane, button) {
    this.pane = pane;
    this.button = button;
    this.$ = (selector) => pane.querySelector(selector);
    button.addEventListener("click", () => this.#show(pane.hidden));
    this.$(".tg-close").addEventListener("click", () => this.#show(false));
    this.$(".tg-back").addEventListener("click", () => this.#enter(0));
    this.$(".tg-write").addEventListener("submit", (event) => this.#send(event));
    this.$(".tg-as select").addEventListener("change", (event) => this.#become(Number(event.target.value)));
    this.$(".tg-mode button").addEventListener("click", () => this.#set(null));
    this.$(".tg-toast button").addEventListener("click", () => { this.$(".tg-toast").hidden = true; });
    pane.addEventListener("keydown", (event) => event.key === "Escape" && this.#back());
    this.#show(localStorage.getItem(OPEN) === "yes", { quiet: true });
    this.#poll();
  }

  #show(open, { quiet = false } = {}) {
    this.pane.hidden = !open;
    document.body.classList.toggle("with-tg", open);
    this.button.setAttribute("aria-expanded", open);
    if (quiet) return;
    localStorage.setItem(OPEN, open ? "yes" : "no");
    if (open) this.#draw();
    (open ? this.$(".tg-list button, .tg-write input") : this.button)?.focus();
  }

  #back() {
    const menu = this.$(".tg-menu[open]");
    if (menu) menu.open = false;
    else if (this.#open) this.#enter(0);
    else this.#show(false);
  }

  async #poll() {
    clearTimeout(this.#timer);
    try {
      this.#hear(await api.telegramChats(this.#version));
    } catch {
      // The sandbox is away; the next round asks again.
    }
    clearTimeout(this.#timer); // two rounds may have been under way
    this.#timer = setTimeout(() => this.#poll(), document.hidden ? AWAY_MS : POLL_MS);
  }

  #hear(news) {
    if (news.version <= this.#version) return; // nothing new, or overtaken by a later round
    const first = this.#version === 0;
    this.#version = news.version;
    this.#bot = news.bot;
    for (const user of news.users) this.#users.set(user.id, user);
    for (const chat of news.chats) this.#take(chat, first);
    this.#draw();
  }

  #take(chat, first) {
    this.#chats.set(chat.id, chat);
    if (first) this.#seen.set(chat.id, chat.messages.at(-1)?.id ?? 0);
    if (chat.id === this.#open && chat.migrated_to) {
      this.#as.set(chat.migrated_to, this.#as.get(chat.id));
      this.#open = chat.migrated_to;
    }
    this.#answered(chat);
  }

  /** Show what the presses of this page were answered with. */
  #answered(chat) {
    for (const answer of chat.answers.filter(({ query }) => this.#presses.delete(query))) if (answer.text) this.#toast(answer);
  }

  #unread(chat) {
    const seen = this.#seen.get(chat.id) ?? 0;
    return chat.messages.filter((each) => each.id > seen && each.from.bot).length;
  }

  #draw() {
    const chat = this.#chats.get(this.#open);
    if (chat && !this.pane.hidden) this.#seen.set(chat.id, chat.messages.at(-1)?.id ?? 0);
    const listed = [...this.#chats.values()].filter((each) => !each.migrated_to);
    const unread = listed.reduce((sum, each) => sum + this.#unread(each), 0);
    const badge = this.button.querySelector(".badge");
    badge.hidden = unread === 0;
    badge.textContent = unread;
    badge.setAttribute("aria-label", `${unread} new`);
    if (this.pane.hidden) return;
    this.pane.dataset.view = chat ? "chat" : "list";
    if (chat) this.#drawChat(chat);
    else this.#drawList(listed);
  }

  #drawList(listed) {
    this.$(".tg-title").textContent = "Telegram";
    this.$(".tg-about").textContent = `@${this.#bot.username} · every chat of the demo`;
    const held = this.$(".tg-list [data-chat]:focus")?.dataset.chat;
    const order = listed.toSorted((one, other) => (other.id < 0) - (one.id < 0));
    this.$(".tg-list").replaceChildren(...order.map((chat) => this.#row(chat)));
    this.$(`.tg-list [data-chat="${held}"]`)?.focus({ preventScroll: true });
  }

  #row(chat) {
    const last = chat.messages.at(-1);
    const unread = this.#unread(chat);
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", "data-chat": chat.id, onclick: () => this.#enter(chat.id) },
        h("i", { class: "tg-face", "data-shell": Math.abs(chat.id) % SHELLS, "aria-hidden": "true" }, chat.title.slice(0, 1)),
        h("b", {}, chat.title, chat.id < 0 ? h("small", {}, " group") : null),
        h("time", {}, last ? stampOf(new Date(last.at)) : ""),
        h("span", {}, last ? previewOf(last, this.#bot) : chat.id < 0 ? "The bot is not in this group yet" : "No talk with the bot yet"),
        unread ? h("em", { class: "badge", "aria-label": `${unread} new` }, String(unread)) : null,
      ),
    );
  }

  #enter(id) {
    const left = this.#open;
    this.#open = id;
    this.#drawn = 0;
    this.#set(null);
    this.$(".tg-menu").open = false;
    this.$(".tg-toast").hidden = true;
    this.$(".tg-write input").value = "";
    this.#draw();
    const touch = matchMedia("(pointer: coarse)").matches;
    if (id) (this.$(".tg-start:not([hidden])") || (touch ? this.$(".tg-back") : this.$(".tg-write input"))).focus();
    else this.$(`.tg-list [data-chat="${left}"]`)?.focus();
  }

  /** Who writes in the open chat. */
  get #writer() {
    const chat = this.#chats.get(this.#open);
    if (chat.id > 0) return chat.id;
    const here = this.#people(chat);
    const chosen = this.#as.get(chat.id);
    return here.some(({ id }) => id === chosen) ? chosen : here[0]?.id;
  }

  #people(chat) {
    return chat.members.filter(({ id, status }) => id !== this.#bot.id && ["creator", "administrator", "member"].includes(status));
  }

  #become(user) {
    this.#as.set(this.#open, user);
    this.#set(null);
    this.#draw();
  }

  #drawChat(chat) {
    const group = chat.id < 0;
    const people = this.#people(chat);
    this.$(".tg-title").textContent = group ? chat.title : `${chat.title} and ${this.#bot.name}`;
    const bot = { member: "with the bot", administrator: "the bot is admin" }[chat.bot] || "without the bot";
    const kind = chat.type === "supergroup" ? "supergroup" : "group";
    this.$(".tg-about").textContent = group ? `${kind} of ${people.length} · ${bot}` : `@${this.#bot.username} on ${chat.title}’s phone`;
    this.#drawPinned(chat);
    const stopped = !group && chat.bot !== "member";
    const start = this.$(".tg-start");
    start.hidden = !stopped;
    start.textContent = chat.bot === "kicked" ? "Unblock the bot" : "Start";
    start.onclick = () => (chat.bot === "kicked" ? this.#do("unblock") : this.#do("message", { text: "/start" }));
    this.$(".tg-write").hidden = stopped;
    this.$(".tg-as").hidden = !group;
    this.$(".tg-as select").replaceChildren(...people.map(({ id, name }) => h("option", { value: id, selected: id === this.#writer }, name)));
    this.#drawKeys(stopped ? [] : chat.keyboard);
    const deeds = deedsIn(chat, { bot: this.#bot, user: this.#users.get(this.#writer), creator: chat.members.find(({ status }) => status === "creator")?.id });
    this.$(".tg-menu ul").replaceChildren(...deeds.map(([name, deed, more]) => h("li", {}, h("button", { type: "button", onclick: () => this.#fromMenu(deed, more) }, name))));
    this.#drawTalk(chat); // last, for what lies around it takes its room
  }

  #fromMenu(deed, more) {
    this.$(".tg-menu").open = false;
    return this.#do(deed, more);
  }

  #drawPinned(chat) {
    const pinned = chat.messages.find(({ id }) => id === chat.pinned);
    this.$(".tg-pinned").hidden = !pinned;
    if (pinned) this.$(".tg-pinned").replaceChildren(h("b", {}, "Pinned message"), h("span", {}, previewOf(pinned, this.#bot, { plain: true })));
  }

  #drawTalk(chat) {
    const talk = this.$(".tg-talk");
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40 || this.#drawn !== chat.id;
    const held = talk.querySelector("[data-hold]:focus")?.dataset.hold;
    const context = {
      chat,
      writer: this.#writer,
      reply: (message) => this.#set({ reply_to: message.id }, `Reply to ${message.from.name}: ${message.text}`),
      edit: (message) => this.#set({ message: message.id }, "Edit your message", message.text),
      press: (message, button) => this.#press(message, button),
    };
    const none = h("li", { class: "tg-none" }, chat.id < 0 ? "Nobody wrote here yet. Add the bot from the menu above." : "Press Start to talk with the bot.");
    talk.replaceChildren(...(chat.messages.length ? chat.messages.map((message) => bubble(message, context)) : [none]));
    this.#drawn = chat.id;
    if (atEnd) talk.scrollTop = talk.scrollHeight;
    if (held) talk.querySelector(`[data-hold="${held}"]`)?.focus({ preventScroll: true });
  }

  #drawKeys(rows) {
    const key = ({ text, request_contact: contact }) =>
      h("button", { type: "button", onclick: () => (contact ? this.#do("contact") : this.#do("message", { text })) }, text);
    this.$(".tg-keys").hidden = rows.length === 0;
    this.$(".tg-keys").replaceChildren(...rows.map((row) => h("div", {}, ...row.map(key))));
  }

  #set(mode, says = "", text = "") {
    this.#mode = mode;
    this.$(".tg-mode").hidden = !mode;
    this.$(".tg-mode span").textContent = says;
    if (!mode) return;
    const field = this.$(".tg-write input");
    field.value = text;
    field.focus();
  }

  #send(event) {
    event.preventDefault();
    const field = this.$(".tg-write input");
    const text = field.value.trim();
    if (!text) return;
    const mode = this.#mode;
    field.value = "";
    this.#set(null);
    this.#do(mode?.message ? "edit" : "message", { text, ...mode });
  }

  async #press(message, button) {
    if (button.url) return window.open(button.url, "_blank", "noopener");
    const done = await this.#do("press", { message: message.id, button: button.text });
    if (!done) return undefined;
    this.#presses.add(done.query);
    return this.#answered(this.#chats.get(this.#open)); // the answer may have come already
  }

  async #do(deed, more = {}) {
    this.$(".tg-toast").hidden = true;
    try {
      const done = await api.telegramDo({ do: deed, user: this.#writer, chat: this.#open, ...more });
      this.#drawn = 0; // what one does oneself is shown
      setTimeout(() => this.#poll());
      return done;
    } catch (error) {
      this.#toast({ text: error.message, alert: false });
      return null;
    }
  }

  #toast({ text, alert }) {
    const toast = this.$(".tg-toast");
    toast.dataset.alert = alert;
    toast.querySelector("p").textContent = text;
    toast.hidden = false;
  }
}
