// What the page says, in words for somebody who has never heard of a relay.

const BROWSERS = "Chrome, Edge, Opera or Chromium from version 94, Firefox from version 130, or Safari from version 16.4";

/** What stands under the name: how the two computers are connected. */
export function pathSentence(state) {
  if (!state.connected) return "Connecting…";
  switch (state.path?.kind) {
    case "direct": return "Directly connected";
    case "mapped": return "Directly connected, through a door the router opened";
    case "punched": return "Directly connected, through both routers";
    case "relayed": return "Connected through the relay";
    default: return "Interrupted. Looking for another way…";
  }
}

/** What covers the picture: {text, more}, or null when there is nothing to wait for. */
export function notice(state, { hasPicture, isSupported, ended, isOpen }) {
  const name = state.sharer || "the other person";
  if (ended) return { text: ended.sentence || "The session is over.", more: "You can close this page." };
  if (!isSupported) {
    return { text: "This browser cannot show the other screen.", more: `These can: ${BROWSERS}. Open this page's address in one of them.` };
  }
  if (!isOpen) return { text: "Connecting…", more: "" };
  if (!state.connected) return { text: `Connecting to ${name}…`, more: "" };
  if (state.view === "asked") {
    const check = state.fingerprint ? `If ${name} reads you this fingerprint, it is really their computer: ${state.fingerprint}` : "";
    return { text: `Waiting for ${name} to say yes…`, more: check };
  }
  if (state.view !== "granted") return { text: `${name} has stopped showing the screen.`, more: "" };
  if (state.paused) return { text: `${name} has paused.`, more: "The screen comes back when they go on." };
  if (!hasPicture) return { text: "Waiting for the first picture…", more: "" };
  return null;
}

/** The control button: {text, action, held}, or null when it would do nothing. */
export function controlButton(state) {
  if (!state.connected || state.view !== "granted") return null;
  switch (state.control) {
    case "granted": return { text: "Give control back", action: "release", held: true };
    case "asked": return { text: "Take the question back", action: "release", held: false };
    default: return { text: "Ask for control", action: "request-control", held: false };
  }
}

/** One line under the picture: {text, stays}, or null. What stays is true as long as it stands there. */
export function hint(state, before) {
  const name = state.sharer || "The other person";
  if (!state.connected || state.view !== "granted" || state.paused) return null;
  if (state.control === "asked") return { text: `Waiting for ${name} to let you use mouse and keyboard…`, stays: true };
  if (state.control === "granted" && before.control !== "granted") {
    return { text: `You may use ${name}'s mouse and keyboard now. Ctrl+Alt+Shift leaves the picture.`, stays: false };
  }
  if (before.control === "asked") return { text: `${name} did not give you control.`, stays: false };
  if (before.control === "granted") return { text: "You are only watching now.", stays: false };
  return null;
}
