// One screen message: 20 bytes of header in network byte order (Sources/ScreenCodec/FrameHeader.swift), then VP9.

const HEADER_SIZE = 20;
const VERSION = 1;
const FLAG_KEY = 1;

/**
 * Reads a screen message; null for one this page does not understand.
 * @param {ArrayBuffer} message
 * @returns {{key: boolean, width: number, height: number, sequence: number, data: Uint8Array} | null}
 */
export function parseFrame(message) {
  if (message.byteLength <= HEADER_SIZE) return null;
  const view = new DataView(message);
  if (view.getUint8(0) !== VERSION) return null;
  const width = view.getUint16(2);
  const height = view.getUint16(4);
  if (width === 0 || height === 0) return null;
  return {
    key: (view.getUint8(1) & FLAG_KEY) !== 0,
    width,
    height,
    sequence: view.getUint32(8),
    data: new Uint8Array(message, HEADER_SIZE),
  };
}

/** The 2 bits of the VP9 profile (VP9 bitstream, 6.2: frame_marker, profile_low_bit, profile_high_bit). */
export function vp9Profile(data) {
  return ((data[0] >> 5) & 1) | (((data[0] >> 4) & 1) << 1);
}

// VP9 levels: the largest picture in pixels, and the longest side of each ("VP9 Levels", webmproject.org).
const LEVELS = [
  [10, 36864, 512], [11, 73728, 768], [20, 122880, 960], [21, 245760, 1344], [30, 552960, 2048], [31, 983040, 2752],
  [40, 2228224, 4160], [50, 8912896, 8384], [60, 35651584, 16832],
];

/** The codec string of a picture's size: the smallest level that can hold it. */
export function vp9Codec(profile, width, height) {
  const level = LEVELS.find(([, area, side]) => width * height <= area && Math.max(width, height) <= side) ?? [62];
  const two = (number) => String(number).padStart(2, "0");
  return `vp09.${two(profile)}.${two(level[0])}.08`;
}
