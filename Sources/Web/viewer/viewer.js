// The helper's page: shows what ra-connect says, and tells it what the person does.

import { Connection, tokenFrom } from "./connection.js";
import { Keyboard } from "./keyboard.js";
import { Pointer } from "./pointer.js";
import { Questions } from "./questions.js";
import { Screen } from "./screen.js";
import { controlButton, hint, notice, pathSentence } from "./sentences.js";

// A hint that needs no keeping is read in this time, in milliseconds.
const HINT_TIME = 6000;
// Chat lines kept on the page.
const MOST_LINES = 500;

const element = (id) => document.getElementById(id);
const [canvas, control, stop, lines, text, sendButton, chat, chatToggle] = [
  "screen", "control", "stop", "lines", "text", "send", "chat", "chat-toggle",
].map(element);

let state = { connected: false, sharer: "", fingerprint: "", view: "none", control: "none", paused: false, path: null, questions: [] };
let ended = null;
let hasPicture = false;
let isOpen = false;
let hintTimer = 0;

const maySteer = () => isOpen && !ended && state.control === "granted" && !state.paused && state.view === "granted";
const steer = (message) => { if (maySteer()) connection.send(message); };

const screen = Screen.isSupported ? new Screen(canvas, {
  onKeyFrameNeeded: () => connection.send({ type: "key-frame" }),
  onShown: (frame) => {
    // What was on its way when the sharer paused is not shown.
    if (state.paused || state.view !== "granted" || ended) return;
    connection.send({ type: "shown", frame });
    if (hasPicture) return;
    hasPicture = true;
    render();
  },
}) : null;

const token = tokenFrom(location.hash);
const connection = new Connection(`ws://${location.host}/socket`, token ?? "", {
  onUpdate: receive,
  onFrame: (message) => { if (!state.paused && state.view === "granted" && !ended) screen?.receive(message); },
  onClose: () => {
    ended ??= {
      sentence: isOpen
        ? "ra-connect on this computer has stopped, so this page has lost its session."
        : "This page's address is not, or no longer, right. Open the one that ra-connect shows.",
    };
    isOpen = false;
    finish();
  },
});

const keyboard = new Keyboard(canvas, {
  send: (keysym, down) => steer({ type: "key", keysym, down }),
  isActive: maySteer,
  onLeave: () => control.focus(),
});
const questions = new Questions(element("questions"), (id, yes) => connection.send({ type: "answer", id, yes }));
const pointer = new Pointer(canvas, { send: steer, isActive: maySteer });

function receive(update) {
  isOpen = true;
  switch (update.type) {
    case "state": return become(update);
    case "chat": return addLine(String(update.from ?? ""), String(update.text ?? ""));
    case "note": return addNote(String(update.text ?? ""));
    case "size": return resize(Number(update.width), Number(update.height));
    case "ended":
      ended = { sentence: String(update.sentence ?? "") };
      return finish();
  }
}

function become(next) {
  const before = state;
  state = { ...before, ...next };
  if (before.control === "granted" && state.control !== "granted") {
    keyboard.releaseAll();
    pointer.releaseAll();
  }
  // What comes after a pause, or after a new yes, begins with a key frame.
  if ((before.paused && !state.paused) || (before.view !== "granted" && state.view === "granted")) screen?.reset();
  if (before.view === "granted" && state.view !== "granted") hasPicture = false;
  const nextHint = hint(state, before);
  if (nextHint) showHint(nextHint);
  else if (before.control !== state.control || state.paused) showHint(null);
  render();
  if (before.control !== "granted" && state.control === "granted") canvas.focus({ preventScroll: true });
}

function resize(width, height) {
  if (!(width > 0 && width < 65536 && height > 0 && height < 65536) || hasPicture) return;
  canvas.width = width;
  canvas.height = height;
}

function render() {
  const name = state.sharer;
  element("title").textContent = name ? `Helping ${name}` : "Remote assistance";
  document.title = element("title").textContent;
  element("path").textContent = ended ? "Not connected" : pathSentence(state);

  const cover = notice(state, { hasPicture, isSupported: Screen.isSupported, ended, isOpen });
  element("notice").hidden = cover === null;
  if (cover) {
    setText("notice-text", cover.text);
    setText("notice-more", cover.more);
  }

  canvas.hidden = !hasPicture;
  canvas.classList.toggle("veiled", cover !== null);
  canvas.classList.toggle("steering", maySteer());
  canvas.tabIndex = maySteer() ? 0 : -1;
  canvas.setAttribute("aria-label", maySteer() ? `${name}'s screen; what you type goes there` : `${name}'s screen`);

  const offer = ended ? null : controlButton(state);
  control.hidden = offer === null;
  if (offer) {
    control.textContent = offer.text;
    control.dataset.action = offer.action;
    control.classList.toggle("held", offer.held);
  }
  questions.show(ended || !Array.isArray(state.questions) ? [] : state.questions);
  const mayTalk = isOpen && !ended && state.connected;
  text.disabled = sendButton.disabled = !mayTalk;
  stop.disabled = ended !== null;
}

// Setting a text to what it is already would be read aloud again.
function setText(id, value) {
  if (element(id).textContent !== value) element(id).textContent = value;
}

function showHint(next) {
  clearTimeout(hintTimer);
  element("hint").hidden = next === null;
  if (!next) return;
  element("hint").textContent = next.text;
  if (!next.stays) hintTimer = setTimeout(() => showHint(null), HINT_TIME);
}

function addLine(from, said) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = from;
  item.append(name, said);
  addItem(item);
}

// What has happened, between what was said.
function addNote(said) {
  const item = document.createElement("li");
  item.className = "note";
  item.textContent = said;
  addItem(item);
}

function addItem(item) {
  lines.append(item);
  while (lines.childElementCount > MOST_LINES) lines.firstElementChild.remove();
  lines.scrollTop = lines.scrollHeight;
  if (chat.hidden) chatToggle.textContent = "Chat (new)";
}

function finish() {
  screen?.reset();
  hasPicture = false;
  showHint(null);
  render();
  connection.close();
}

control.addEventListener("click", () => connection.send({ type: control.dataset.action }));
stop.addEventListener("click", () => connection.send({ type: "stop" }));
chatToggle.addEventListener("click", () => {
  chat.hidden = !chat.hidden;
  chatToggle.setAttribute("aria-expanded", String(!chat.hidden));
  chatToggle.textContent = "Chat";
});
element("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (!said || text.disabled) return;
  connection.send({ type: "say", text: said });
  addLine("You", said);
  text.value = "";
});

render();
