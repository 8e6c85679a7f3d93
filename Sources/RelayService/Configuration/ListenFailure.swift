import Glibc
import NIOCore
import NetPrimitives

/// Why a relay cannot listen at an address, and what its operator does about that.
struct ListenFailure {
    let transport: String
    let address: TransportAddress
    /// An errno; nil when there is none.
    let code: Int32?
    /// What the library says, where there is none.
    private var text = ""

    init(transport: String, address: TransportAddress, code: Int32) {
        (self.transport, self.address, self.code) = (transport, address, code)
    }

    /// Of a TCP listener.
    init(_ address: TransportAddress, _ error: any Error) {
        (transport, self.address) = ("TCP", address)
        code = (error as? IOError)?.errnoCode
        text = "\(error)"
    }

    var sentence: String { "cannot listen on \(transport) \(address): \(reason)" }

    var reason: String {
        guard let code else { return text }
        let said = "\(SystemError(code: code))"
        switch code {
        case EADDRINUSE: return said + " (`ss -lnptu 'sport = :\(address.port)'` tells who has it)"
        case EACCES where address.port < 1024:
            return said + " (ports below 1024 need CAP_NET_BIND_SERVICE: see low-ports.conf in /usr/share/doc/ra-relay/examples)"
        case EADDRNOTAVAIL: return said + " (no interface of this host has it: `ip address` lists those it has)"
        default: return said
        }
    }
}
