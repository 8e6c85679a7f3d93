// Presses and releases of the helper's keyboard, as the keysyms the sharer's desktop gets.

import { keysymOf, keysymOfCharacter } from "./keysyms.js";

export class Keyboard {
  /** Keys that are down, by where they are: what is released is what was pressed, though Shift came up in between. */
  #held = new Map();
  #send;
  #isActive;
  #onLeave;

  /**
   * @param {{send: (keysym: number, down: boolean) => void, isActive: () => boolean, onLeave: () => void}} listener
   *   While it is not active, keys mean what they mean on any page. `onLeave`: Ctrl+Alt+Shift, the way out for a person
   *   without a mouse, for Tab goes to the other desktop like every key.
   */
  constructor(element, { send, isActive, onLeave }) {
    this.#send = send;
    this.#isActive = isActive;
    this.#onLeave = onLeave;
    element.addEventListener("keydown", (event) => this.#down(event));
    element.addEventListener("keyup", (event) => this.#up(event));
    element.addEventListener("compositionend", (event) => this.#type(event.data ?? ""));
    // A key that comes up in another window is never seen coming up here.
    element.addEventListener("blur", () => this.releaseAll());
    window.addEventListener("blur", () => this.releaseAll());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.releaseAll(); });
  }

  releaseAll() {
    for (const keysym of [...this.#held.values()].reverse()) this.#send(keysym, false);
    this.#held.clear();
  }

  #down(event) {
    const keysym = keysymOf(event);
    if (keysym === null || event.isComposing || !this.#isActive()) return;
    event.preventDefault();
    if (event.ctrlKey && event.altKey && event.shiftKey && ["Control", "Alt", "Shift"].includes(event.key)) {
      this.releaseAll();
      this.#onLeave();
      return;
    }
    // The desktop over there repeats a held key itself.
    if (event.repeat || this.#held.has(event.code)) return;
    if (!event.code) {  // a screen keyboard: it says what, not where
      this.#send(keysym, true);
      this.#send(keysym, false);
      return;
    }
    this.#held.set(event.code, keysym);
    this.#send(keysym, true);
    // macOS tells of no release of a key that was pressed together with Command.
    if (event.metaKey && !event.key.startsWith("Meta")) this.#release(event.code);
  }

  #up(event) {
    if (!this.#held.has(event.code)) return;
    event.preventDefault();
    this.#release(event.code);
  }

  #release(code) {
    const keysym = this.#held.get(code);
    this.#held.delete(code);
    this.#send(keysym, false);
  }

  #type(text) {
    if (!this.#isActive()) return;
    for (const character of text) {
      const keysym = keysymOfCharacter(character);
      if (keysym === null) continue;
      this.#send(keysym, true);
      this.#send(keysym, false);
    }
  }
}
