package import Foundation
import NetPrimitives

/// What a program that has died may have left open, as its record tells.
package struct AbandonedMapping: Hashable, Sendable {
    package let method: MappingMethod
    /// As the one who opened it asked.
    package let request: MappingRequest
    package let externalPort: UInt16
    private let secret: [UInt8]
    /// nil: the router keeps it until it is deleted.
    private let expires: Date?

    /// nil for what makes no sense.
    package init?(_ record: MappingRecord) {
        guard let method = MappingMethod(rawValue: record.method),
            let transport = TransportProtocol(rawValue: record.transport), let local = TransportAddress(record.internal),
            let port = TransportAddress(record.external)?.port
        else { return nil }
        self.method = method
        externalPort = port
        request = record.description.map { MappingRequest(internalAddress: local, transport: transport, description: $0) }
            ?? MappingRequest(internalAddress: local, transport: transport)
        let digits = Array((record.secret ?? "").utf8)
        secret = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
        expires = record.expires.map { Date(timeIntervalSince1970: TimeInterval($0)) }
    }

    /// The router that can close it, asked as the one who opened it; nil where nobody can, as what only that one knew was
    /// never written down.
    package var gateway: (any Gateway)? {
        switch method {
        case .pcp: PCPNonce(bytes: secret).map { PCPGateway(request, nonce: $0) }
        case .natPMP: NATPMPGateway(request)
        case .upnp where request.internalAddress.family == .ipv4: UPnPGateway(request)
        case .upnp: secret.isEmpty ? nil : PinholeGateway(request, hole: secret)
        }
    }

    /// Closes it, which may take some seconds, and says whether there is nothing left to do for anybody: it is closed, its
    /// time is over, or our port is another program's by now, and so the mapping.
    ///
    /// Otherwise it stays to be tried again: on the network where it was opened, when the router answers.
    package func close(by gateway: (any Gateway)?, at now: Date) -> Bool {
        if let expires, expires <= now { return true }
        switch OwnPort(request.internalAddress, request.transport) {
        case .taken: return true
        case .elsewhere: return false
        case .free: break
        }
        guard var gateway else { return false }
        do throws(MappingFailure) { try gateway.find() } catch { return false }
        return gateway.release(externalPort: externalPort) == .closed
    }
}
