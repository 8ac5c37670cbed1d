/** The network as a choice of moods; the sandbox itself keeps which one it is. */

import * as api from "./api.js";
import { h } from "./dom.js";

const MOODS = [
  ["Good", {}],
  ["Slow: 2 seconds a hop", { ussd: { latency_ms: 2000 } }],
  ["Every request comes twice", { ussd: { duplicates: 1 }, sms: { duplicates: 1 } }],
  ["One answer in three is lost", { ussd: { cut: true, share: 0.34 } }],
  ["Reports late, in any order", { sms: { report_delay_ms: 2000, shuffle: true } }],
];
const OTHER = "other";
const TOLD_BY = { ussd: ["latency_ms", "duplicates", "cut", "drop"], sms: ["status", "duplicates", "cut", "drop", "report_delay_ms", "message"], telegram: ["status", "duplicates", "cut", "drop"] };

const is = (now, mood) =>
  Object.entries(TOLD_BY).every(([gateway, fields]) => fields.every((field) => (mood[gateway]?.[field] || 0) === (now[gateway][field] || 0)));

/** Fill the select, show what is set, and set what is chosen. */
export async function offer(select) {
  const now = await api.faults();
  select.append(...MOODS.map(([name], index) => h("option", { value: index }, name)), h("option", { value: OTHER, disabled: true }, "As a script set it"));
  const current = MOODS.findIndex(([, mood]) => is(now, mood));
  select.value = current < 0 ? OTHER : current;
  select.addEventListener("change", () => api.inject(MOODS[select.value][1]));
}
