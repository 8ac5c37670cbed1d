/** The row of names above the table: who has news, whose phone is in view, and the way there. */

import { h } from "./dom.js";

export class Roster {
  #nav;
  #watcher;
  #chips = new Map();
  #group = "";

  constructor(nav) {
    this.#nav = nav;
    this.#watcher = new IntersectionObserver((entries) => this.#seen(entries), { threshold: 0.6 });
  }

  add(handset, shell) {
    const { phone, name, group } = handset.person;
    if (group !== this.#group) this.#nav.append(h("span", {}, group));
    this.#group = group;
    const chip = h(
      "button",
      { type: "button", "data-shell": shell, onclick: () => reveal(handset) },
      h("i", { "aria-hidden": "true" }, name.replace("+", "").slice(0, 1)),
      name,
      h("b", { class: "badge", hidden: true }),
    );
    this.#chips.set(phone, chip);
    this.#nav.append(chip);
    this.#watcher.observe(handset.element);
  }

  remove(handset) {
    this.#watcher.unobserve(handset.element);
    this.#chips.get(handset.person.phone).remove();
    this.#chips.delete(handset.person.phone);
  }

  /** Show how many messages wait. */
  count(handset) {
    const badge = this.#chips.get(handset.person.phone).querySelector(".badge");
    const unread = handset.unread.length;
    badge.hidden = unread === 0;
    badge.textContent = unread;
    badge.setAttribute("aria-label", `${unread} new`);
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const chip = this.#chips.get(target.dataset.phone);
      if (!chip) continue;
      chip.setAttribute("aria-current", isIntersecting);
      if (isIntersecting && this.#nav.scrollWidth > this.#nav.clientWidth) {
        const middle = chip.offsetLeft - (this.#nav.clientWidth - chip.offsetWidth) / 2;
        this.#nav.scrollTo({ left: middle, behavior: "smooth" });
      }
    }
  }
}

/** Bring a phone into view and put the keyboard on it. */
export function reveal(handset) {
  handset.element.scrollIntoView({ block: "nearest", inline: "center" });
  handset.focus();
}
