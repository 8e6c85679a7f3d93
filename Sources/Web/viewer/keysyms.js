// From a browser's keyboard event to an X keysym (X11 protocol, appendix A; the same rules as Sources/Session/Keysym*.swift).

const NAMED = {
  Backspace: 0xff08, Tab: 0xff09, Enter: 0xff0d, Pause: 0xff13, ScrollLock: 0xff14, Escape: 0xff1b, Delete: 0xffff,
  Home: 0xff50, ArrowLeft: 0xff51, ArrowUp: 0xff52, ArrowRight: 0xff53, ArrowDown: 0xff54, PageUp: 0xff55,
  PageDown: 0xff56, End: 0xff57, Select: 0xff60, PrintScreen: 0xff61, Execute: 0xff62, Insert: 0xff63, Undo: 0xff65,
  Redo: 0xff66, ContextMenu: 0xff67, Find: 0xff68, Cancel: 0xff69, Help: 0xff6a, NumLock: 0xff7f, CapsLock: 0xffe5,
  Compose: 0xff20, Clear: 0xff0b, AltGraph: 0xfe03, ModeChange: 0xff7e,
  AudioVolumeDown: 0x1008ff11, AudioVolumeMute: 0x1008ff12, AudioVolumeUp: 0x1008ff13, MediaPlayPause: 0x1008ff14,
  BrowserBack: 0x1008ff26, BrowserForward: 0x1008ff27,
};

// Where a key stands tells left from right.
const MODIFIERS = {
  Shift: [0xffe1, 0xffe2], Control: [0xffe3, 0xffe4], Alt: [0xffe9, 0xffea], Meta: [0xffeb, 0xffec],
  Super: [0xffeb, 0xffec], OS: [0xffeb, 0xffec], Hyper: [0xffed, 0xffee],
};

const KEYPAD = {
  Enter: 0xff8d, Home: 0xff95, ArrowLeft: 0xff96, ArrowUp: 0xff97, ArrowRight: 0xff98, ArrowDown: 0xff99,
  PageUp: 0xff9a, PageDown: 0xff9b, End: 0xff9c, Clear: 0xff9d, Insert: 0xff9e, Delete: 0xff9f,
  "*": 0xffaa, "+": 0xffab, ",": 0xffac, "-": 0xffad, ".": 0xffae, "/": 0xffaf, "=": 0xffbd,
};

const LOCATION_RIGHT = 2;
const LOCATION_KEYPAD = 3;

/** The keysym of one character; null for controls that no key makes. */
export function keysymOfCharacter(character) {
  const point = character.codePointAt(0);
  if ((point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff)) return point;
  return point >= 0x100 ? 0x01000000 + point : null;
}

/** The keysym of a keyboard event; null for what cannot be sent (an unknown key, one half of a composition). */
export function keysymOf(event) {
  const { key, location } = event;
  if (!key || key === "Unidentified" || key === "Process" || key === "Dead") return null;
  if (key in MODIFIERS) return MODIFIERS[key][location === LOCATION_RIGHT ? 1 : 0];
  if (location === LOCATION_KEYPAD) {
    if (key in KEYPAD) return KEYPAD[key];
    if (key >= "0" && key <= "9" && key.length === 1) return 0xffb0 + Number(key);
  }
  if (key in NAMED) return NAMED[key];
  const functionKey = /^F([1-9]|[12][0-9]|3[0-5])$/.exec(key);
  if (functionKey) return 0xffbe + Number(functionKey[1]) - 1;
  return [...key].length === 1 ? keysymOfCharacter(key) : null;
}
