// The WebSocket to ra-connect on this machine: JSON both ways, and frames of the screen as binary messages.

/** The token behind the # of the page's address, or null. It never leaves in a request line. */
export function tokenFrom(fragment) {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("t");
}

export class Connection {
  #socket;

  /** @param {{onUpdate: (update: object) => void, onFrame: (message: ArrayBuffer) => void, onClose: () => void}} listener */
  constructor(address, token, { onUpdate, onFrame, onClose }) {
    this.#socket = new WebSocket(address);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("open", () => this.send({ type: "hello", token }));
    this.#socket.addEventListener("close", onClose);
    this.#socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return onFrame(data);
      let update;
      try { update = JSON.parse(data); } catch { return; }
      if (update && typeof update === "object") onUpdate(update);
    });
  }

  send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() { this.#socket.close(); }
}
