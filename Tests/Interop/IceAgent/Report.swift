import Foundation
import ICE

/// What an end tells the test: one JSON object a line.
enum Report {
    /// Payloads can be exchanged.
    case connected
    /// Data flows here from now on, and what kind of path it is.
    case path(kind: String, reason: String)
    /// The path is silent.
    case lost
    /// What the two agents have agreed on.
    case selected(role: ICE.Role, CandidatePair)
    /// We would like another session of ICE, which the other end is not asked for.
    case restart
    /// Every payload has arrived, and was what it should be.
    case exchanged(Int)
    /// While nothing was exchanged, so often something came that proves the other end to be there.
    case consented(Int)

    var line: String {
        let fields: [String: Any] =
            switch self {
            case .connected: ["event": "connected"]
            case .path(let kind, let reason): ["event": "path", "kind": kind, "reason": reason]
            case .lost: ["event": "lost"]
            case .selected(let role, let pair):
                [
                    "event": "selected", "role": role.rawValue, "kind": pair.kind.rawValue,
                    "local": "\(pair.local.address)", "remote": "\(pair.remote.address)", "transport": pair.transport.rawValue,
                ]
            case .restart: ["event": "restart"]
            case .exchanged(let count): ["event": "exchanged", "payloads": count]
            case .consented(let count): ["event": "consented", "signs": count]
            }
        let data = (try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes])) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
