public import Foundation
public import Incident
public import NIOCore
import NIOPosix
import NetPrimitives
public import Session

/// Joins by a Windows invitation: looks which of its addresses answers, and hands it to an installed RDP client.
public struct IncidentHandOver: Sendable {
    let file: IncidentFile
    let addresses: [MachineAddress]
    let password: String?
    let client: RDPClient

    /// How long an address has to answer. Whoever sends the first packet again after a second, and after three, was heard by then.
    private static let patience = TimeAmount.seconds(8)
    /// Addresses that are tried at once: a computer has a few, and a stranger's file may name any.
    private static let atOnce = 16

    public init(file: IncidentFile, addresses: [MachineAddress], password: String?, client: RDPClient) {
        self.file = file
        self.addresses = addresses
        self.password = password
        self.client = client
    }

    /// The first address at which somebody listens; nil when nobody does at any.
    public func reachableAddress(on group: any EventLoopGroup) async -> MachineAddress? {
        let (answers, continuation) = AsyncStream.makeStream(of: MachineAddress?.self)
        func knock(at address: MachineAddress) {
            ClientBootstrap(group: group).connectTimeout(Self.patience).connect(host: address.host, port: Int(address.port))
                .whenComplete { result in
                    let channel = try? result.get()
                    channel?.close(promise: nil)
                    continuation.yield(channel == nil ? nil : address)
                }
        }
        var others = addresses.dropFirst(Self.atOnce)
        addresses.prefix(Self.atOnce).forEach(knock)
        var left = addresses.count
        guard left > 0 else { return nil }
        // Nobody waits for those that do not answer.
        for await answer in answers {
            if let answer { return answer }
            left -= 1
            if left == 0 { break }
            others.popFirst().map(knock)
        }
        return nil
    }

    /// Writes the session down, as far as it is known here: what was seen and done in it, the RDP client alone knows.
    ///
    /// - Parameter answered: where somebody listened, and how long it took to find that out; nil when nobody did.
    public func record(
        _ reason: EndReason, _ detail: String, from started: Date, answered: (address: MachineAddress, after: Duration)?, in history: SessionHistory
    ) {
        let path = answered.map { SessionRecord.Path(kind: "direct", transport: "tcp", local: client.path, remote: "\($0.address)") }
        let record = SessionRecord(
            started: started.formatted(.iso8601), seconds: Int64(max(0, Date.now.timeIntervalSince(started))), role: "helper",
            peer: String((file.userName ?? "somebody").prefix(100)), elapsed_ms: answered.map { $0.after.milliseconds }, path: path,
            tried: path.map {
                [SessionRecord.Tried(local: $0.local, remote: $0.remote, kind: $0.kind, result: "succeeded", ms: nil, why: nil)]
            } ?? [], findings: nil, ended: SessionRecord.End(reason: reason.rawValue, detail: String(detail.prefix(200))))
        // A session that cannot be written down has been one all the same.
        try? history.append(record)
    }

    /// Runs the client to its end.
    ///
    /// - Returns: its exit code.
    public func run(at address: MachineAddress) async throws -> Int32 {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let copy = try folder.write(Array(file.canonicalContents.utf8), as: "invitation.msrcIncident")
        return try await client.program(file: copy, password: password, address: address).run().code
    }
}
