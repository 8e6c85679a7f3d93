package import NetPrimitives

/// What IPv6 is good for from here.
package struct IPv6Report: Hashable, Sendable {
    /// The address that faces the internet; nil when there is none.
    package var local: IPAddress?
    /// What became of the relay's ports over IPv6; nil when the relay has no IPv6 address.
    package var outbound: Outbound?

    package init(local: IPAddress? = nil, outbound: Outbound? = nil) {
        self.local = local
        self.outbound = outbound
    }

    /// For people.
    package var reading: String {
        switch (local, outbound) {
        case (nil, _): "this machine has no address of it"
        case (let local?, nil): "\(local); the relay has no address of it, so it is not tried"
        case (let local?, let outbound?) where outbound.isOpen: "\(local), gets out to the relay"
        case (let local?, _?): "\(local), does not get out to the relay"
        }
    }
}
