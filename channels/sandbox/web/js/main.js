/** Lay the phones on the table and keep their inboxes up to date. */

import * as api from "./api.js";
import { h } from "./dom.js";
import { Handset } from "./handset.js";
import { offer } from "./network.js";
import { reveal, Roster } from "./roster.js";
import { Telegram } from "./telegram.js";

const POLL_MS = 1000;
const AWAY_MS = 5000;
const SHELLS = 6;
const ADDED = "pamoja.added";
const OTHERS = "Others";

const $ = (selector) => document.querySelector(selector);
const handsets = new Map();
const roster = new Roster($("#people"));
let facts;
let read;
let newest = 0;
let first = true; // what lies in the inboxes when the page opens is no news
let anew = false; // a phone was added: ask for everything once

start();

async function start() {
  try {
    facts = await api.setup();
  } catch (error) {
    $("#table").append(h("p", { class: "empty" }, error.message));
    return;
  }
  // What was read is remembered for this tab; a sandbox that started anew has new messages.
  read = new Set(stored(sessionStorage, `pamoja.read.${facts.boot}`));
  explain();
  const added = stored(localStorage, ADDED).map(stranger);
  facts.people.forEach(lay);
  for (const person of added) removable(lay(person));
  if (!handsets.size) $("#table").append(h("p", { class: "empty" }, "No phone lies here yet. Type a number above and add one."));
  $("#add").addEventListener("submit", add);
  offer($("#network"));
  new Telegram($("#telegram"), $("#telegram-open"));
  setInterval(() => handsets.forEach((handset) => handset.tick()), 1000);
  handsets.forEach((handset) => handset.tick());
  poll();
}

function explain() {
  document.querySelectorAll("[data-fill]").forEach((place) => { place.textContent = facts[place.dataset.fill]; });
  const howto = $("#howto");
  howto.hidden = facts.people.length === 0;
  howto.open = !matchMedia("(max-width: 640px)").matches;
}

function lay(person) {
  $(".empty")?.remove();
  const shell = handsets.size % SHELLS;
  const handset = new Handset(person, { code: facts.code, shortCode: facts.short_code, shell, read, onread });
  handsets.set(person.phone, handset);
  groupOf(person.group).append(handset.element);
  roster.add(handset, shell);
  handset.tick();
  return handset;
}

function groupOf(name) {
  const found = [...document.querySelectorAll(".group")].find((group) => group.dataset.name === name);
  if (found) return found.lastElementChild;
  const made = h("section", { class: "group", "data-name": name, "aria-label": name }, h("h2", { class: "hush" }, name), h("div"));
  $("#table").append(made);
  return made.lastElementChild;
}

const stranger = (phone) => ({ phone, name: phone, group: OTHERS, role: "added by you", language: "en" });

function add(event) {
  event.preventDefault();
  const field = $("#add-number");
  const phone = `+${field.value.replace(/[^0-9]/g, "")}`;
  const fits = /^\+[1-9]\d{7,14}$/.test(phone);
  field.setCustomValidity(fits ? "" : "Write the number with its country code: +254712345678");
  if (!field.reportValidity()) return field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  if (!handsets.has(phone)) {
    localStorage.setItem(ADDED, JSON.stringify([...stored(localStorage, ADDED), phone]));
    removable(lay(stranger(phone)));
    anew = true;
  }
  field.value = "";
  return reveal(handsets.get(phone));
}

function removable(handset) {
  const button = handset.$(".remove");
  button.hidden = false;
  button.addEventListener("click", () => {
    localStorage.setItem(ADDED, JSON.stringify(stored(localStorage, ADDED).filter((phone) => phone !== handset.person.phone)));
    handset.press("end");
    roster.remove(handset);
    handset.element.remove();
    handsets.delete(handset.person.phone);
  });
}

function onread(handset) {
  sessionStorage.setItem(`pamoja.read.${facts.boot}`, JSON.stringify([...read]));
  roster.count(handset);
}

async function poll() {
  try {
    const after = anew ? 0 : newest;
    anew = false;
    const answer = await api.inboxes([...handsets.keys()], after);
    if (answer.boot !== facts.boot) return location.reload();
    for (const [phone, messages] of Object.entries(answer.inboxes)) deliver(handsets.get(phone), messages);
    first = false;
  } catch {
    // The sandbox is away; the next round asks again.
  }
  return setTimeout(poll, document.hidden ? AWAY_MS : POLL_MS);
}

function deliver(handset, messages) {
  if (!handset) return;
  const known = new Set(handset.messages.map((sms) => sms.id));
  const fresh = messages.filter((sms) => !known.has(sms.id));
  newest = Math.max(newest, ...messages.map((sms) => sms.number));
  if (!fresh.length) return;
  handset.receive(fresh, { quiet: first });
  roster.count(handset);
  if (!first) $("#news").textContent = `New message on ${handset.person.name}’s phone from ${fresh.at(-1).from}`;
}

function stored(storage, key) {
  try {
    return JSON.parse(storage.getItem(key)) || [];
  } catch {
    return [];
  }
}
