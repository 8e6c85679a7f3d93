// Decodes the screen's frames with WebCodecs and draws them on the canvas.

import { parseFrame, vp9Codec, vp9Profile } from "./frame.js";

// More frames than this waiting means the decoder cannot keep up: begin again with a key frame.
const MOST_WAITING = 30;
// Between two requests for a key frame, in milliseconds: one that is on its way should be waited for.
const KEY_FRAME_PATIENCE = 1000;

export class Screen {
  #canvas;
  #context;
  #decoder = null;
  #configured = "";
  #needsKey = true;
  #askedAt = -Infinity;
  #onKeyFrameNeeded;
  #onShown;

  static get isSupported() { return typeof VideoDecoder === "function"; }

  /** @param {{onKeyFrameNeeded: () => void, onShown: (sequence: number) => void}} listener */
  constructor(canvas, { onKeyFrameNeeded, onShown }) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false, desynchronized: true });
    this.#onKeyFrameNeeded = onKeyFrameNeeded;
    this.#onShown = onShown;
  }

  /** Takes one binary message. */
  receive(message) {
    const frame = parseFrame(message);
    if (!frame) return;
    if (this.#decoder?.decodeQueueSize > MOST_WAITING) this.reset();
    if (this.#needsKey && !frame.key) return this.#askForKeyFrame();
    try {
      if (frame.key) this.#configure(frame);
      // The sequence number goes through the decoder as the timestamp: it names the picture that comes out.
      const type = frame.key ? "key" : "delta";
      this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: frame.sequence, data: frame.data }));
      this.#needsKey = false;
    } catch (error) {
      console.warn("the decoder refused a frame:", error);
      this.reset();
      this.#askForKeyFrame();
    }
  }

  /** Forgets everything that was decoded; the next picture begins with a key frame. */
  reset() {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
    this.#configured = "";
    this.#needsKey = true;
  }

  #configure(frame) {
    const codec = vp9Codec(vp9Profile(frame.data), frame.width, frame.height);
    const wanted = `${codec} ${frame.width}x${frame.height}`;
    if (this.#decoder && this.#decoder.state === "configured" && this.#configured === wanted) return;
    this.reset();
    const decoder = new VideoDecoder({
      output: (picture) => this.#draw(picture),
      error: (error) => {
        console.warn("the decoder stopped:", error);
        if (this.#decoder !== decoder) return;
        this.reset();
        this.#askForKeyFrame();
      },
    });
    decoder.configure({ codec, codedWidth: frame.width, codedHeight: frame.height, optimizeForLatency: true });
    this.#decoder = decoder;
    this.#configured = wanted;
  }

  #draw(picture) {
    const { displayWidth: width, displayHeight: height, timestamp: sequence } = picture;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context.drawImage(picture, 0, 0);
    picture.close();
    this.#onShown(sequence);
  }

  #askForKeyFrame() {
    const now = performance.now();
    if (now - this.#askedAt < KEY_FRAME_PATIENCE) return;
    this.#askedAt = now;
    this.#onKeyFrameNeeded();
  }
}
