public import NIOHTTP1

extension NIOHTTPDecoderLimitConfiguration {
    /// What a request's header may have, for servers that strangers reach: what is usual for proxies and browsers (a field
    /// of 8 KiB, a hundred fields), and 16 KiB in all, where SwiftNIO would keep 2 MiB of each connection's.
    public static var request: Self {
        var limits = Self()
        limits.maxHeaderFieldSize = 8 * 1024
        limits.maxHeaderListSize = 16 * 1024
        limits.maxHeaderFieldCount = 100
        return limits
    }
}
