public import Foundation
import NetPrimitives
import Relay
import Rendezvous

/// What `ra-relay status --json` prints, and what goes over the status socket. Times are RFC 3339; counters count from
/// the start of the relay.
public struct RelayStatus: Codable, Hashable, Sendable {
    public struct Listeners: Codable, Hashable, Sendable {
        public var udp: [String]
        public var tcp: [String]
        public var metrics: String?
    }

    public struct Allocations: Codable, Hashable, Sendable {
        public var total: Int
        public var limit: Int
        /// By the client's transport: `udp`, `tcp`, `tls`, `dtls`.
        public var byTransport: [String: UInt64]
        public var made: UInt64
        public var ended: [String: UInt64]
    }

    /// Both directions: `to_peer`, `to_client`.
    public struct Traffic: Codable, Hashable, Sendable {
        public var packets: [String: UInt64]
        public var bytes: [String: UInt64]
    }

    public struct Connections: Codable, Hashable, Sendable {
        public var limit: Int
        /// By what they speak.
        public var open: [String: UInt64]
    }

    public struct Rendezvous: Codable, Hashable, Sendable {
        public var invitations: Int
        public var meetings: [String: UInt64]
        /// Invitations that were asked for and not made, by the bound that was reached.
        public var refused: [String: UInt64]
    }

    /// What keeps the relay's state.
    public struct Store: Codable, Hashable, Sendable {
        /// `sqlite`, or a fleet's `postgres`.
        public var kind: String
        public var reachable: Bool
        /// The fleet's nodes that live, this one among them.
        public var nodes: [String]
    }

    public struct Contacts: Codable, Hashable, Sendable {
        /// People who are there, at this node.
        public var present: Int
        /// That ring, or wait for an answer.
        public var calls: Int
    }

    public struct Drain: Codable, Hashable, Sendable {
        public var since: Date
        public var deadline: Date
    }

    public struct Reloads: Codable, Hashable, Sendable {
        public var succeeded: UInt64
        public var failed: UInt64
        public var lastSucceeded: Bool
        public var lastSuccess: Date
        /// The keys of the configuration that wait for a restart.
        public var waiting: [String]
    }

    public struct Worker: Codable, Hashable, Sendable {
        public var allocations: UInt64
        public var cpuSeconds: Double
    }

    public var version: String
    public var pid: Int32
    /// When it was asked.
    public var time: Date
    public var started: Date
    public var url: String
    public var realm: String
    /// Whether credentials are made with the secret of the state directory, and not with one of the configuration.
    public var signsWithStateSecret: Bool
    public var listeners: Listeners
    public var certificateEnd: Date?
    public var isReady: Bool
    public var drain: Drain?
    public var allocations: Allocations
    public var relayed: Traffic
    /// By reason; so are the others.
    public var dropped: [String: UInt64]
    public var requests: [String: UInt64]
    /// Error responses by code, 401 to first requests among them.
    public var refused: [String: UInt64]
    /// Requests whose credentials do not hold: of the 401 and 438 those that are no challenge.
    public var authenticationFailures: [String: UInt64]
    public var connections: Connections
    public var rendezvous: Rendezvous
    public var contacts: Contacts
    public var store: Store
    public var reloads: Reloads
    public var workers: [Worker]
    public var openFiles: Int
    public var maximumFiles: Int
    public var residentBytes: Int
}

extension RelayStatus {
    init(_ snapshot: RelaySnapshot) {
        let (operation, total) = (snapshot.operation, snapshot.total)
        version = RelayVersion.current
        pid = getpid()
        (time, started) = (snapshot.time, operation.started)
        (url, realm) = (operation.place?.url ?? "", operation.place?.realm ?? "")
        signsWithStateSecret = operation.signsWithStateSecret
        listeners = Listeners(
            udp: operation.place?.udp ?? [], tcp: operation.place?.tcp ?? [], metrics: operation.place?.metrics)
        certificateEnd = operation.certificateEnd
        isReady = operation.isReady
        drain = operation.drain.map { Drain(since: $0.since, deadline: $0.deadline) }
        allocations = Allocations(
            total: Int(total.allocations.total), limit: snapshot.allocationsLimit,
            byTransport: Dictionary(
                uniqueKeysWithValues: ClientTransport.allCases.map { ($0.label, total.allocations[$0].total) }),
            made: total.counters.allocationsMade, ended: total.counters.allocationsEnded.named)
        relayed = Traffic(packets: total.counters.relayedPackets.named, bytes: total.counters.relayedBytes.named)
        dropped = total.counters.dropped.named
        requests = total.counters.requests.named
        refused = total.counters.refusals.reduce(into: [:]) { $0[$1.key.code.label, default: 0] += $1.value }
        authenticationFailures = total.counters.authenticationFailures.named
        connections = Connections(limit: snapshot.connectionsLimit, open: snapshot.connections.open.named)
        rendezvous = Rendezvous(invitations: snapshot.meetings.invitations, meetings: snapshot.meetings.stages.named,
            refused: snapshot.meetings.counters.invitationsRefused.named)
        contacts = Contacts(present: snapshot.contacts.present, calls: snapshot.contacts.calls)
        store = Store(kind: snapshot.store.kind.rawValue, reachable: snapshot.store.isReachable, nodes: snapshot.store.nodes)
        reloads = Reloads(
            succeeded: operation.reloads.succeeded, failed: operation.reloads.failed,
            lastSucceeded: operation.reloads.lastSucceeded, lastSuccess: operation.reloads.lastSuccess,
            waiting: operation.reloads.waiting)
        workers = snapshot.workers.map { Worker(allocations: $0.allocations.total, cpuSeconds: $0.cpuSeconds) }
        (openFiles, maximumFiles) = (snapshot.process.openFiles, snapshot.process.maximumFiles)
        residentBytes = snapshot.process.residentBytes
    }

    /// One JSON object: the status, and what a second brings as `rates`.
    public func report(with rates: RelayRates?) throws -> String {
        struct Report: Encodable {
            let status: RelayStatus
            let rates: RelayRates?

            enum CodingKeys: CodingKey { case rates }

            func encode(to encoder: any Encoder) throws {
                try status.encode(to: encoder)
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(rates, forKey: .rates)
            }
        }
        return String(decoding: try Self.encoder.encode(Report(status: self, rates: rates)), as: UTF8.self)
    }

    func json() throws -> [UInt8] { Array(try Self.encoder.encode(self)) }

    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()
}

extension Tally {
    /// Its counts by name.
    fileprivate var named: [String: UInt64] { Dictionary(uniqueKeysWithValues: all.map { ($0.label.label, $0.count) }) }
}
