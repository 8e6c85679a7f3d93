import CLinuxNet
import Relay

// Addresses as the C shim takes and gives them.
extension PackedAddress {
    init(_ words: ra_address) { self.init(family: words.family, high: words.high, low: words.low, port: words.port) }

    func with(port: UInt16) -> PackedAddress { PackedAddress(family: family, high: high, low: low, port: port) }
}

extension ra_address {
    init(_ address: PackedAddress) {
        self.init(high: address.high, low: address.low, port: address.port, family: address.family)
    }
}
