public import STUN

// RFC 8656 §17: the methods that TURN adds to STUN's.
extension Method {
    public static let allocate = Method(rawValue: 0x003)
    public static let refresh = Method(rawValue: 0x004)
    /// An indication, from the client.
    public static let send = Method(rawValue: 0x006)
    /// An indication, from the server.
    public static let data = Method(rawValue: 0x007)
    public static let createPermission = Method(rawValue: 0x008)
    public static let channelBind = Method(rawValue: 0x009)
}
