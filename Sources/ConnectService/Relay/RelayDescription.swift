import Foundation

/// What a relay says of itself at `/.well-known/ra-relay`.
struct RelayDescription: Decodable, Hashable, Sendable {
    struct Probe: Decodable, Hashable, Sendable {
        var ports: [UInt16]
        /// The path at which the relay dials back; nil when it does not.
        var dialBack: String?

        private enum CodingKeys: String, CodingKey {
            case ports
            case dialBack = "dial_back"
        }
    }

    static let path = "/.well-known/ra-relay"
    /// Bytes of the largest answer that is read.
    static let maximumBytes = 1 << 16

    var version: Int
    var name: String
    var realm: String
    var rendezvous: String
    var web: String?
    var stun: [String]
    var turn: [String]
    var probe: Probe
    /// The nodes of its fleet, itself among them; nil from a relay of before, none from one that is alone.
    var nodes: [String]?

    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(RelayDescription.self, from: Data(json))
        guard version == 1 else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "version \(version) is not known"))
        }
    }
}
