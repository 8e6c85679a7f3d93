// Chromium's end of a meeting: what test_data_channels.py evaluates in a page. It says what every end says (meeting.py), into
// `end.said`, and is told by calls.
window.end = (() => {
  const said = [];
  const say = (line) => said.push(line);
  const report = (event) => say(JSON.stringify(event));
  const [again, ours, theirs] = [250, 0x4f, 0x55];
  const labels = ["control", "screen", "path"];
  let connection, control, heard = () => {};

  const body = (number, author) =>
    Uint8Array.from({ length: 1 + number * 13 % 1150 }, (_, index) => number * 31 + index * author);

  const message = (kind, number, payload = []) => {
    const bytes = new Uint8Array(5 + payload.length);
    bytes[0] = kind.charCodeAt(0);
    new DataView(bytes.buffer).setUint32(1, number);
    bytes.set(payload, 5);
    return bytes;
  };

  const received = ({ data }) => {
    const kind = String.fromCharCode(new Uint8Array(data)[0]), number = new DataView(data).getUint32(1);
    if (kind === "q") control.send(message("d", number, body(number, theirs)));
    if (kind === "d") heard(number, new Uint8Array(data.slice(5)));
  };

  const adopt = (channel) => {
    if (channel.label !== "control") return;
    control = channel;
    control.binaryType = "arraybuffer";
    control.onmessage = received;
    control.onopen = () => report({ event: "connected" });
    if (control.readyState === "open") control.onopen();
  };

  // The lines of our description that the other end needs.
  const describe = () => {
    for (const line of connection.localDescription.sdp.split("\r\n"))
      if (/^a=(ice-ufrag|ice-pwd|fingerprint|setup):/.test(line)) say(line);
  };

  return {
    said,

    // `shows`: a page that may use the microphone is told the machine's addresses; any other one gets names in their place.
    // `opens`: whether the session's channels are ours to open. Who offers needs one in any case.
    async start(config, { offers, opens, shows }) {
      if (shows) await navigator.mediaDevices.getUserMedia({ audio: true });
      connection = new RTCPeerConnection(config);
      connection.onicecandidate = ({ candidate }) => say(candidate?.candidate ? `a=${candidate.candidate}` : "a=end-of-candidates");
      connection.ondatachannel = ({ channel }) => adopt(channel);
      connection.oniceconnectionstatechange = () => report({ event: "state", state: connection.iceConnectionState });
      if (opens) for (const label of labels) adopt(connection.createDataChannel(label, { protocol: "ra/1" }));
      else if (offers) connection.createDataChannel("not one of ours");
      if (!offers) return;
      await connection.setLocalDescription(await connection.createOffer());
      describe();
    },

    async describe(sdp, offers) {
      await connection.setRemoteDescription({ type: offers ? "answer" : "offer", sdp });
      if (offers) return;
      await connection.setLocalDescription(await connection.createAnswer());
      describe();
    },

    async candidate(line) {
      await connection.addIceCandidate({ sdpMid: "0", candidate: line });
    },

    async exchange(count) {
      for (let number = 0; number < count; number++) {
        const payload = await new Promise((resolve) => {
          const ask = () => control.send(message("q", number));
          const timer = setInterval(ask, again);
          heard = (answered, payload) => { if (answered === number) { clearInterval(timer); resolve(payload); } };
          ask();
        });
        if (payload.join() !== body(number, ours).join()) throw new Error(`payload ${number} is not what was sent`);
      }
      report({ event: "exchanged", payloads: count });
    },

    // The pair that is in use, and in which role it was come by.
    async selected() {
      const stats = await connection.getStats();
      const transport = [...stats.values()].find(({ type }) => type === "transport");
      const pair = stats.get(transport?.selectedCandidatePairId);
      if (!pair) return null;
      const place = ({ address, port }) => address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
      return {
        role: transport.iceRole, nominated: pair.nominated,
        local: place(stats.get(pair.localCandidateId)), remote: place(stats.get(pair.remoteCandidateId)),
      };
    },

    stop() { connection.close(); },
  };
})();
