/** Make an element: h("p", {class: "says", hidden: true, onclick: f}, "text", child). Text is always text, never markup. */
export function h(tag, facts = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const timeOf = (date) => clock.format(date);
export const dayOf = (date) => day.format(date);

/** The time of a message: the hour if it is of today, else the day too. */
export function stampOf(date) {
  const today = new Date().toDateString() === date.toDateString();
  return today ? clock.format(date) : `${short.format(date)} ${clock.format(date)}`;
}
