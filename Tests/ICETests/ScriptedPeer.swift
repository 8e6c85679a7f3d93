import ICE
import NetPrimitives
import STUN
import TestSupport

/// The other side of a transcript: writes and reads STUN by hand, and may do it wrong.
struct ScriptedPeer {
    let address: TransportAddress
    var credentials: Credentials
    var random = SplitMix64(seed: 7)

    init(_ address: String) {
        self.address = TransportAddress(address) ?? TransportAddress(ip: .anyV4, port: 1)
        credentials = Credentials(using: &random)
    }

    /// A check towards `agent`.
    mutating func check(
        _ agent: Agent, role: Role = .controlling, tieBreaker: UInt64 = 1, nominates: Bool = false,
        priority: UInt32? = 1_862_270_975, key: IntegrityKey? = nil, username: String? = nil,
        fingerprint: Bool = true, extra: (inout MessageBuilder) -> Void = { _ in }
    ) -> [UInt8] {
        var builder = MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random))
        builder.add(
            Username(username ?? "\(agent.localCredentials.usernameFragment):\(credentials.usernameFragment)"))
        if let priority { builder.add(Priority(priority)) }
        switch role {
        case .controlling: builder.add(ICEControlling(tieBreaker))
        case .controlled: builder.add(ICEControlled(tieBreaker))
        }
        if nominates { builder.add(UseCandidate()) }
        extra(&builder)
        return builder.finish(
            key: key ?? .shortTerm(password: agent.localCredentials.password), fingerprint: fingerprint)
    }

    /// The success response to what the agent sent.
    func answer(_ transmit: Transmit, mapped: TransportAddress? = nil, key: IntegrityKey? = nil) throws -> [UInt8] {
        let request = try Message(decoding: transmit.payload)
        var builder = MessageBuilder(.successResponse, .binding, transactionID: request.transactionID)
        if let address = mapped ?? transmit.source { builder.add(XORMappedAddress(address)) }
        return builder.finish(key: key ?? .shortTerm(password: credentials.password), fingerprint: true)
    }

    func refuse(_ transmit: Transmit, with error: ErrorCode, key: IntegrityKey? = nil) throws -> [UInt8] {
        let request = try Message(decoding: transmit.payload)
        var builder = MessageBuilder(.errorResponse, .binding, transactionID: request.transactionID)
        builder.add(error)
        return builder.finish(key: key ?? .shortTerm(password: credentials.password), fingerprint: true)
    }
}
