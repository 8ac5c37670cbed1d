/** What the screen shows in each state: its content and the names of the two soft keys. */

import { dayOf, h, stampOf, timeOf } from "./dom.js";

const LONG_TEXT = 150;

function input(phone, facts) {
  return h("input", {
    value: phone.line,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "send",
    ...facts,
  });
}

const says = (text) => h("p", { class: text.length > LONG_TEXT ? "says long" : "says" }, text);

export const views = {
  idle(phone) {
    const now = new Date();
    const latest = phone.unread.at(-1);
    const news = latest && h(
      "button",
      { type: "button", class: "news", tabindex: "-1", onclick: () => phone.open(latest) },
      h("b", {}, phone.unread.length === 1 ? `SMS from ${latest.from}` : `${phone.unread.length} new messages`),
      h("span", {}, latest.text),
    );
    return {
      content: [
        news || h("p", { class: "rest" }, h("strong", {}, timeOf(now)), h("span", {}, dayOf(now))),
        h("label", { class: "line" }, input(phone, { "aria-label": "Number to dial", placeholder: phone.code, inputmode: "tel" })),
      ],
      left: phone.line ? "Call" : "Messages",
      right: phone.line ? "Clear" : "Write",
    };
  },

  wait() {
    return {
      content: [h("div", { class: "dots" }, "USSD code running", h("p", {}, h("i"), h("i"), h("i")))],
      left: "",
      right: "Cancel",
    };
  },

  ussd(phone) {
    return {
      content: [
        says(phone.text),
        h("label", { class: "line" }, input(phone, { "aria-label": "Your reply", maxlength: "182" }), h("b", {}, phone.mode)),
      ],
      left: "Send",
      right: phone.line ? "Clear" : "Cancel",
    };
  },

  ended(phone) {
    return { content: [says(phone.text)], left: "OK", right: phone.last ? "Redial" : "" };
  },

  inbox(phone) {
    const mails = phone.messages.toReversed();
    const row = (sms, index) => h(
      "li",
      { class: phone.isNew(sms) ? "new" : "" },
      h(
        "button",
        { type: "button", tabindex: "-1", "aria-current": index === phone.chosen ? "true" : false, onclick: () => phone.open(sms) },
        h("b", {}, h("span", {}, sms.from), h("time", { datetime: sms.at }, stampOf(new Date(sms.at)))),
        h("span", {}, sms.text),
      ),
    );
    return {
      content: [
        h("p", { class: "title" }, "Inbox", h("span", {}, `${phone.unread.length} new of ${mails.length}`)),
        mails.length ? h("ul", { class: "mails" }, ...mails.map(row)) : h("p", { class: "none" }, "No messages yet"),
      ],
      left: mails.length ? "Open" : "",
      right: "Back",
    };
  },

  sms(phone) {
    const sms = phone.message;
    return {
      content: [
        h("p", { class: "title" }, sms.from, h("span", {}, stampOf(new Date(sms.at)))),
        says(sms.text),
        h("p", { class: "small push" }, `${sms.segments} ${sms.segments === 1 ? "segment" : "segments"} · ${sms.encoding}`),
      ],
      left: "Reply",
      right: "Back",
    };
  },

  compose(phone) {
    return {
      content: [
        h("p", { class: "title" }, "New message", h("span", {}, `to ${phone.shortCode}`)),
        h("label", { class: "line" }, h("textarea", { rows: "5", "aria-label": "Message", placeholder: "BAL" }, phone.line), h("b", {}, phone.mode)),
      ],
      left: "Send",
      right: phone.line ? "Clear" : "Back",
    };
  },
};
