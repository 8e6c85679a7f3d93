import Foundation
public import Rendezvous

/// What an owner needs to ask for an invitation from another terminal, as it is written down for their eyes alone.
///
/// The code's secret is not in it: nobody can be let in by it, only kept out.
public struct InvitationRecord: Hashable, Sendable {
    public let relay: RelayURL
    /// Its look-up is what people call it by: public, and no proof of anything.
    public let ownership: InvitationOwnership
    public let ceiling: Ceiling
    public let made: UnixTime
    public internal(set) var expires: UnixTime

    public var id: String { ownership.lookup.text }

    init(_ invitation: OwnedInvitation, at relay: RelayURL, made: UnixTime) {
        self.relay = relay
        ownership = InvitationOwnership(invitation)
        ceiling = invitation.ceiling
        self.made = made
        expires = invitation.expires
    }
}

extension InvitationRecord: Codable {
    private enum Key: String, CodingKey { case relay, id, owner, ceiling, made, expires }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func value<Value>(_ key: Key, _ read: (String) -> Value?) throws -> Value {
            if let value = read(try container.decode(String.self, forKey: key)) { return value }
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "makes no sense")
        }
        let token = try container.decode(String.self, forKey: .owner)
        relay = try value(.relay) { RelayURL($0) }
        ownership = try value(.id) { InvitationOwnership(lookup: $0, token: token) }
        ceiling = try value(.ceiling) { Ceiling(rawValue: $0) }
        made = try value(.made) { UnixTime($0) }
        expires = try value(.expires) { UnixTime($0) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(relay.description, forKey: .relay)
        try container.encode(id, forKey: .id)
        try container.encode(ownership.exposedToken, forKey: .owner)
        try container.encode(ceiling.rawValue, forKey: .ceiling)
        try container.encode(made.description, forKey: .made)
        try container.encode(expires.description, forKey: .expires)
    }
}
