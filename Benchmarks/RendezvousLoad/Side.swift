import HostNetwork
import NetPrimitives
import Rendezvous

/// What one side of a meeting tells the other, and what it has heard.
struct Side {
    /// What it says, in order.
    let words: [PeerPayload]
    /// How many of the other side's it has heard, each as it was said.
    private(set) var heard = 0

    init(name: String, number: Int, candidates: Int) {
        let digits = String(number, radix: 16)
        let fingerprint = (0..<32).map { String(UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) | 0x10, radix: 16).uppercased() }
        let description = PeerDescription(
            name: "\(name) \(digits)", fingerprint: "sha-256 " + fingerprint.joined(separator: ":"), usernameFragment: "u" + name + digits,
            password: String(repeating: "p", count: 24) + digits)
        words = [.description(description)]
            + (0..<candidates).map {
                .candidate(
                    line: "candidate:\($0) 1 udp \(2_130_706_431 - $0) 192.0.2.\($0 + 1) \(1024 + number % 60_000) typ host", isMapped: false)
            } + [.endOfCandidates()]
    }

    /// Takes what was heard; false when it is not what `other` says next.
    mutating func hears(_ payload: PeerPayload, from other: Side) -> Bool {
        guard heard < other.words.count, other.words[heard] == payload else { return false }
        heard += 1
        return true
    }

    func hasHeardAll(of other: Side) -> Bool { heard == other.words.count }
}

/// The payloads that are on their way from one side to the other, with the moment when each was written.
struct UnderWay {
    private var payloads: [(bytes: ArraySlice<UInt8>, sent: Instant)] = []
    private var next = 0

    mutating func sent(_ texts: [[UInt8]], at now: Instant) {
        for text in texts { if let payload = Opaque.payload(of: text) { payloads.append((payload, now)) } }
    }

    /// How long a payload was under way; nil when it is not the next one, to the byte.
    mutating func arrived(_ payload: ArraySlice<UInt8>, at now: Instant) -> Duration? {
        guard next < payloads.count, payloads[next].bytes == payload else { return nil }
        defer { next += 1 }
        return now - payloads[next].sent
    }
}
