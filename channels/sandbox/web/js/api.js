/** The sandbox's JSON API, as INTERFACES.md describes it. */

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The sandbox answered ${response.status}.`);
  return answer;
}

const handset = (phone, action) => `/api/handsets/${encodeURIComponent(phone)}/${action}`;

export const setup = () => call("GET", "/api/setup");
export const dial = (phone, code) => call("POST", handset(phone, "dial"), { code });
export const reply = (phone, session, text) => call("POST", handset(phone, "reply"), { session, text });
export const hangup = (phone, session) => call("POST", handset(phone, "hangup"), { session });
export const send = (phone, text) => call("POST", handset(phone, "sms"), { text });
export const faults = () => call("GET", "/api/faults");
export const inject = (set) => call("PUT", "/api/faults", set);

export const telegramChats = (after) => call("GET", `/api/telegram/chats?${new URLSearchParams({ after })}`);
export const telegramDo = (deed) => call("POST", "/api/telegram/updates", deed);

export function inboxes(phones, after) {
  return call("GET", `/api/inboxes?${new URLSearchParams({ phones: phones.join(","), after })}`);
}
