/** Hops, characters against the 160 of a page, cost, and how long the network keeps the line. */

const SEPTETS_MAX = 160;

export class Meter {
  #root;
  #until = 0;

  constructor(root) {
    this.#root = root;
  }

  /** Show what a screen took. */
  show(screen) {
    if (!screen.hops) return;
    this.#set("hops", screen.hops);
    this.#set("septets", `${screen.septets}/${SEPTETS_MAX}`);
    this.#set("cost", screen.cost);
    this.#root.querySelector(".gauge i").style.setProperty("--filled", Math.min(1, screen.septets / SEPTETS_MAX));
    this.#root.classList.toggle("over", screen.septets > SEPTETS_MAX);
    this.#until = screen.open ? Date.now() + screen.seconds_left * 1000 : 0;
    this.tick();
  }

  /** Count down; says whether the time is just over. */
  tick() {
    const left = Math.max(0, Math.ceil((this.#until - Date.now()) / 1000));
    this.#set("left", this.#until ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "–");
    if (!this.#until || left) return false;
    this.#until = 0;
    return true;
  }

  stop() {
    this.#until = 0;
    this.tick();
  }

  #set(name, value) {
    const cell = this.#root.querySelector(`[data-meter="${name}"]`);
    if (cell.textContent !== String(value)) cell.textContent = value;
  }
}
