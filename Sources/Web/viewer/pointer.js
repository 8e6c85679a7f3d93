// The helper's pointer over the picture, in the picture's pixels.

// DOM button numbers to X's: left, middle, right, back, forward.
const BUTTONS = [1, 2, 3, 8, 9];
// What browsers count as one notch of a wheel, in pixels and in lines.
const NOTCH = { [WheelEvent.DOM_DELTA_PIXEL]: 100, [WheelEvent.DOM_DELTA_LINE]: 3, [WheelEvent.DOM_DELTA_PAGE]: 1 };
const MOST_NOTCHES = 20;

/** The pixel of the picture under a place on the page; the edge of the picture when the place is outside. */
export function pictureCoordinates(clientX, clientY, box, width, height) {
  const clamp = (value, last) => Math.min(Math.max(Math.floor(value), 0), last);
  return {
    x: clamp(((clientX - box.left) * width) / Math.max(box.width, 1), width - 1),
    y: clamp(((clientY - box.top) * height) / Math.max(box.height, 1), height - 1),
  };
}

export class Pointer {
  #canvas;
  #send;
  #isActive;
  #held = new Set();
  #place = { x: 0, y: 0 };
  #moveIsWaiting = false;
  #wheel = { x: 0, y: 0 };

  /** @param {{send: (message: object) => void, isActive: () => boolean}} listener gets messages of the page's protocol */
  constructor(canvas, { send, isActive }) {
    this.#canvas = canvas;
    this.#send = send;
    this.#isActive = isActive;
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", () => this.releaseAll());
    canvas.addEventListener("wheel", (event) => this.#scroll(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => { if (this.#isActive()) event.preventDefault(); });
    window.addEventListener("blur", () => this.releaseAll());
  }

  releaseAll() {
    for (const button of this.#held) this.#send({ type: "button", button, down: false, ...this.#place });
    this.#held.clear();
  }

  #locate(event) {
    const { width, height } = this.#canvas;
    this.#place = pictureCoordinates(event.clientX, event.clientY, this.#canvas.getBoundingClientRect(), width, height);
  }

  #move(event) {
    if (!this.#isActive()) return;
    this.#locate(event);
    this.#followButtons(event);
    if (this.#moveIsWaiting) return;
    // One place per picture drawn is as much as anybody can see.
    this.#moveIsWaiting = true;
    requestAnimationFrame(() => {
      this.#moveIsWaiting = false;
      this.#send({ type: "move", ...this.#place });
    });
  }

  #down(event) {
    if (!this.#isActive()) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#locate(event);
    // Dragging goes on outside the picture.
    try { this.#canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    this.#press(event.button, true);
  }

  #up(event) {
    event.preventDefault();
    this.#locate(event);
    this.#press(event.button, false);
  }

  /** With one button down, a second one is told of by a move: its `button` is the one that changed. */
  #followButtons(event) {
    if (event.button < 0) return;
    const bit = [1, 4, 2, 8, 16][event.button];
    if (bit !== undefined) this.#press(event.button, (event.buttons & bit) !== 0);
  }

  #press(domButton, down) {
    const button = BUTTONS[domButton];
    if (button === undefined || down === this.#held.has(button)) return;
    if (down) this.#held.add(button); else this.#held.delete(button);
    this.#send({ type: "button", button, down, ...this.#place });
  }

  #scroll(event) {
    if (!this.#isActive()) return;
    event.preventDefault();
    this.#locate(event);
    const notch = NOTCH[event.deltaMode] ?? 100;
    this.#wheel.x += event.deltaX / notch;
    this.#wheel.y += event.deltaY / notch;
    const take = (axis) => {
      const whole = Math.trunc(this.#wheel[axis]);
      this.#wheel[axis] -= whole;
      return Math.max(-MOST_NOTCHES, Math.min(MOST_NOTCHES, whole));
    };
    const [dx, dy] = [take("x"), take("y")];
    if (dx === 0 && dy === 0) return;
    this.#send({ type: "move", ...this.#place });
    this.#send({ type: "scroll", dx, dy });
  }
}
