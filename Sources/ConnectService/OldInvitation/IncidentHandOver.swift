public import Incident
public import NIOCore
import NIOPosix

/// Joins by a Windows invitation: looks which of its addresses answers, and hands it to an installed RDP client.
public struct IncidentHandOver: Sendable {
    let file: IncidentFile
    let addresses: [MachineAddress]
    let password: String?
    let client: RDPClient

    /// How long an address has to answer. Whoever sends the first packet again after a second, and after three, was heard by then.
    private static let patience = TimeAmount.seconds(8)

    public init(file: IncidentFile, addresses: [MachineAddress], password: String?, client: RDPClient) {
        self.file = file
        self.addresses = addresses
        self.password = password
        self.client = client
    }

    /// The first address at which somebody listens; nil when nobody does at any.
    public func reachableAddress(on group: any EventLoopGroup) async -> MachineAddress? {
        await withTaskGroup(of: MachineAddress?.self) { tasks in
            for address in addresses {
                tasks.addTask {
                    let attempt = ClientBootstrap(group: group).connectTimeout(Self.patience)
                    guard let channel = try? await attempt.connect(host: address.host, port: Int(address.port)).get() else { return nil }
                    try? await channel.close()
                    return address
                }
            }
            for await answer in tasks {
                guard let answer else { continue }
                tasks.cancelAll()
                return answer
            }
            return nil
        }
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
