/// What the probe and the history say alike.
enum NATAdvice {
    /// To whoever is behind a NAT that cannot be punched.
    static let openPorts = "switch on UPnP, NAT-PMP or PCP in the router's settings, or choose a less strict NAT there"
}
