/** One handset: what it shows, what its keys do, and the messages in it. */

import * as api from "./api.js";
import { h, timeOf } from "./dom.js";
import { Meter } from "./meter.js";
import { LEGENDS, Taps } from "./taps.js";
import { views } from "./views.js";

const KEYS = [..."123456789*0#"];
const TYPED = { Enter: "call", Escape: "end", ArrowUp: "up", ArrowDown: "down", Backspace: "clear" };
const TIMED_OUT = "Session timed out. Please dial again.";
const PRESS_MS = 110;
const finger = matchMedia("(pointer: coarse)");

export class Handset {
  view = "idle";
  line = "";
  mode = "123";
  text = "";
  last = "";
  messages = [];
  message = null;
  chosen = 0;
  #session = "";
  #turn = 0;
  #read;
  #taps = new Taps();

  constructor(person, { code, shortCode, shell, read, onread }) {
    Object.assign(this, { person, code, shortCode });
    this.#read = read;
    this.onread = onread;
    this.element = document.getElementById("handset").content.firstElementChild.cloneNode(true);
    this.$ = (selector) => this.element.querySelector(selector);
    this.element.dataset.shell = shell;
    this.element.dataset.phone = person.phone;
    this.element.setAttribute("aria-label", `${person.name}, ${person.phone}`);
    this.$("h3").textContent = person.name;
    this.$(".owner p").textContent = [person.role, person.group === "Others" ? "" : person.group, person.phone].filter(Boolean).join(" · ");
    this.$(".view").lang = person.language || "en";
    this.meter = new Meter(this.$(".meter"));
    this.$(".keypad").append(...KEYS.map(drawKey));
    this.#listen();
    this.show("idle");
  }

  get unread() {
    return this.messages.filter((sms) => this.isNew(sms));
  }

  isNew(sms) {
    return !this.#read.has(sms.id);
  }

  /** Take new messages; the phone buzzes unless its owner is reading already. */
  receive(messages, { quiet }) {
    if (this.view === "inbox" && this.messages.length) this.chosen += messages.length; // the same message stays chosen
    this.messages.push(...messages);
    this.#badge();
    if (this.view === "inbox" || this.view === "idle") this.show(this.view);
    if (quiet) return;
    const phone = this.$(".phone");
    phone.classList.remove("buzz");
    void phone.offsetWidth; // restarts the animation
    phone.classList.add("buzz");
  }

  /** Open a message, which is then read. */
  open(sms) {
    this.message = sms;
    this.#read.add(sms.id);
    this.#badge();
    this.onread(this);
    this.show("sms");
  }

  /** Show a view; what was typed before is gone. */
  show(name, { line = name === this.view ? this.line : "", mode = name === "compose" ? "abc" : "123" } = {}) {
    const held = this.element.contains(document.activeElement);
    if (name !== this.view) this.mode = mode;
    this.view = name;
    this.line = line;
    this.#taps.forget();
    this.#draw();
    if (held) this.focus();
  }

  /** Put the keyboard on this phone. A finger keeps to the drawn keys: no keyboard pops up over them. */
  focus() {
    const field = finger.matches ? null : this.#field;
    (field || this.$("[aria-current]") || this.$(".view")).focus({ preventScroll: true });
    field?.setSelectionRange(field.value.length, field.value.length);
  }

  tick() {
    const now = timeOf(new Date());
    for (const place of this.element.querySelectorAll(".bar time, .rest strong")) if (place.textContent !== now) place.textContent = now;
    if (this.meter.tick() && this.view === "ussd") this.#over(TIMED_OUT);
  }

  /** Press a key of the phone. */
  press(key) {
    if (key === "end") return this.#hangUp();
    if (key === "clear") return this.#type(this.line.slice(0, -1));
    if (key.length === 1) return this.#character(key);
    const action = this[`on_${this.view}`];
    return action.call(this, key === "ok" ? "left" : key);
  }

  on_idle(key) {
    if (key === "down" || key === "up") return this.#inbox();
    if (key === "call") return this.line ? this.#dial(this.line) : this.#type(this.last || this.code);
    if (key === "right") return this.line ? this.#type("") : this.show("compose");
    return this.line ? this.#dial(this.line) : this.#inbox();
  }

  on_wait(key) {
    if (key === "right") this.#hangUp();
  }

  on_ussd(key) {
    if (key === "up" || key === "down") return this.#scroll(key);
    if (key !== "right") return this.#reply(this.line);
    return this.line ? this.#type("") : this.#hangUp();
  }

  on_ended(key) {
    if (key === "up" || key === "down") return this.#scroll(key);
    return key === "right" && this.last ? this.#dial(this.last) : this.show("idle");
  }

  on_inbox(key) {
    const count = this.messages.length;
    if (key === "right") return this.show("idle");
    if (key === "up" || key === "down") {
      this.chosen = Math.max(0, Math.min(count - 1, this.chosen + (key === "up" ? -1 : 1)));
      this.show("inbox");
      return this.$("[aria-current]")?.scrollIntoView({ block: "nearest" });
    }
    return count ? this.open(this.messages.at(-1 - this.chosen)) : undefined;
  }

  on_sms(key) {
    if (key === "up" || key === "down") return this.#scroll(key);
    return key === "right" ? this.show("inbox") : this.show("compose");
  }

  on_compose(key) {
    if (key === "up" || key === "down") return undefined;
    if (key === "right") return this.line ? this.#type("") : this.show("idle");
    return this.line.trim() ? this.#send(this.line) : undefined;
  }

  get #field() {
    return this.$(".view input, .view textarea");
  }

  #listen() {
    const pressed = (event) => event.target.closest("[data-key]");
    this.element.addEventListener("click", (event) => {
      const key = pressed(event);
      if (key) this.press(key.dataset.key);
      if (!event.target.closest(".owner") && !this.#field?.contains(event.target)) this.focus();
    });
    this.element.addEventListener("input", (event) => {
      if (event.target !== this.#field) return;
      this.line = event.target.value;
      this.#soft();
    });
    this.element.addEventListener("keydown", (event) => this.#typed(event));
  }

  #typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inField = event.target === this.#field;
    const onButton = event.target.closest("button");
    if (onButton && (event.key === "Enter" || event.key === " ")) return;
    const key = TYPED[event.key] || (/^[0-9*#+]$/.test(event.key) ? event.key : "");
    if (inField && !["call", "end"].includes(key) && !(this.view === "idle" && ["up", "down"].includes(key))) return this.#light(key);
    if (inField && this.view === "compose" && key === "call" && event.shiftKey) return;
    if (!key) return;
    event.preventDefault();
    this.#light(key);
    if (key.length === 1) this.#type(this.line + key);
    else this.press(key);
  }

  /** A key of the keyboard moves its drawn twin. */
  #light(key) {
    const twin = key && this.$(`[data-key="${CSS.escape(key)}"]`);
    if (!twin) return;
    twin.classList.add("pressed");
    setTimeout(() => twin.classList.remove("pressed"), PRESS_MS);
  }

  #character(key) {
    if (!this.#field) return;
    const texting = this.view === "ussd" || this.view === "compose";
    if (texting && key === "#") {
      this.mode = this.mode === "123" ? "abc" : "123";
      this.#taps.forget();
      this.$(".line b").textContent = this.mode;
    } else {
      this.#type(texting && this.mode === "abc" ? this.#taps.press(this.line, key) : this.line + key);
    }
  }

  #type(line) {
    if (!this.#field) return;
    this.line = line;
    this.#field.value = line;
    this.#soft();
  }

  #inbox() {
    this.chosen = 0;
    this.show("inbox");
  }

  #scroll(key) {
    this.$(".view").scrollBy({ top: key === "up" ? -60 : 60 });
  }

  #dial(code) {
    this.last = code;
    return this.#ask(() => api.dial(this.person.phone, code));
  }

  #reply(text) {
    const session = this.#session;
    return this.#ask(() => api.reply(this.person.phone, session, text));
  }

  async #ask(call) {
    const turn = ++this.#turn;
    this.show("wait");
    try {
      const screen = await call();
      if (turn !== this.#turn) return void this.#drop(screen);
      this.#session = screen.open ? screen.session : "";
      this.text = screen.screen;
      this.meter.show(screen);
      if (!screen.open) this.meter.stop();
      this.show(screen.open ? "ussd" : "ended");
    } catch (error) {
      if (turn === this.#turn) this.#over(error.message);
    }
  }

  async #send(text) {
    const turn = ++this.#turn;
    this.show("wait");
    try {
      const { undelivered } = await api.send(this.person.phone, text);
      if (turn === this.#turn) this.#over(undelivered || "Message sent.");
    } catch (error) {
      if (turn === this.#turn) this.#over(error.message);
    }
  }

  #over(text) {
    this.#session = "";
    this.text = text;
    this.meter.stop();
    this.show("ended");
  }

  #hangUp() {
    this.#turn += 1;
    this.#drop({ open: Boolean(this.#session), session: this.#session });
    this.#session = "";
    this.meter.stop();
    this.show("idle", { line: "" });
  }

  /** End a session that nobody waits for any more. */
  #drop(screen) {
    if (screen.open) api.hangup(this.person.phone, screen.session).catch(() => {});
  }

  #draw() {
    const view = this.$(".view");
    this.$(".glass").dataset.view = this.view;
    // Read out what the network says; a clock and a list (whose rows take the focus) would only chatter.
    view.setAttribute("aria-live", ["wait", "ussd", "ended", "sms"].includes(this.view) ? "polite" : "off");
    view.replaceChildren(...views[this.view](this).content);
    view.scrollTop = 0;
    this.#soft();
    this.#badge();
  }

  #soft() {
    const { left, right } = views[this.view](this);
    [left, right].forEach((name, index) => {
      this.element.querySelectorAll(".soft span")[index].textContent = name;
      this.element.querySelectorAll(".softkey")[index].setAttribute("aria-label", name || "Nothing");
    });
  }

  #badge() {
    const count = this.unread.length;
    this.$(".envelope").hidden = count === 0;
    this.$(".envelope b").textContent = count;
  }
}

function drawKey(key) {
  const legend = LEGENDS[key];
  const name = { "*": "Star", "#": "Hash" }[key] || key;
  return h("button", { type: "button", class: "key", "data-key": key, "aria-label": name, tabindex: "-1" }, key, h("small", { "aria-hidden": "true" }, legend));
}
