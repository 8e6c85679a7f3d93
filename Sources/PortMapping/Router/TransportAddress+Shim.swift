import CLinuxNet
import NetPrimitives

// Addresses as the C shims have them.

extension ra_address {
    init(_ address: TransportAddress) {
        switch address.ip {
        case .v4(let bits): self.init(high: 0, low: UInt64(bits), port: address.port, family: 4)
        case .v6(let high, let low): self.init(high: high, low: low, port: address.port, family: 6)
        }
    }
}

extension TransportAddress {
    init?(_ words: ra_address) {
        switch words.family {
        case 4: self.init(ip: .v4(UInt32(truncatingIfNeeded: words.low)), port: words.port)
        case 6: self.init(ip: .v6(words.high, words.low), port: words.port)
        default: return nil
        }
    }
}
