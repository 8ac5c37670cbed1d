/** Letters from number keys, as on every phone of this kind: press again within a moment for the next letter. */

const LETTERS = {
  1: ".,?!1'-@/",
  2: "abc2",
  3: "def3",
  4: "ghi4",
  5: "jkl5",
  6: "mno6",
  7: "pqrs7",
  8: "tuv8",
  9: "wxyz9",
  0: " 0",
  "*": "*+=%",
};
const AGAIN_MS = 900;

export const LEGENDS = { 1: ".,?", 2: "abc", 3: "def", 4: "ghi", 5: "jkl", 6: "mno", 7: "pqrs", 8: "tuv", 9: "wxyz", "*": "+", 0: "␣", "#": "⇧" };

export class Taps {
  #key = "";
  #times = 0;
  #at = 0;

  /** The text after this key was pressed. A sentence starts with a capital. */
  press(text, key, now = Date.now()) {
    const letters = LETTERS[key];
    const again = key === this.#key && now - this.#at < AGAIN_MS;
    this.#times = again ? this.#times + 1 : 0;
    this.#key = key;
    this.#at = now;
    const before = again ? text.slice(0, -1) : text;
    const letter = letters[this.#times % letters.length];
    return before + (/(^|[.?!] )$/.test(before) ? letter.toUpperCase() : letter);
  }

  forget() {
    this.#key = "";
  }
}
