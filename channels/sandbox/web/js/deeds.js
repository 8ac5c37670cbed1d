/** What can be done in a chat beside writing: [what the menu says, the deed, its facts]. */

const HERE = ["creator", "administrator", "member"];

export function deedsIn(chat, { bot, user, creator }) {
  const again = ["Send the last update again", "repeat", {}];
  if (chat.id > 0) return [...(chat.bot === "member" ? [["Share my number", "contact", {}], ["Block the bot", "block", {}]] : []), again];
  const deeds = [];
  if (!HERE.includes(chat.bot)) deeds.push(["Add the bot", "join", { whom: bot.id }]);
  if (chat.bot === "member") deeds.push(["Make the bot an administrator", "promote", { whom: bot.id }]);
  if (chat.bot === "administrator") deeds.push(["Make the bot a member again", "demote", { whom: bot.id }]);
  if (HERE.includes(chat.bot)) deeds.push(["Remove the bot", "leave", { whom: bot.id }]);
  if (chat.type === "group") deeds.push(["Make it a supergroup", "migrate", {}]);
  if (user) deeds.push([`${user.name} sends a photo`, "message", { media: "photo" }]);
  if (user && user.id !== creator) deeds.push([`${user.name} leaves the group`, "leave", {}]);
  for (const { id, name, status } of chat.members) if (id !== bot.id && !HERE.includes(status)) deeds.push([`${name} comes back`, "join", { user: id }]);
  deeds.push([bot.privacy ? "Let the bot hear every message" : "Let the bot hear commands only", "privacy", { on: !bot.privacy }]);
  return [...deeds, again];
}
