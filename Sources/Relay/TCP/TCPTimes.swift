/// The times of RFC 6062.
enum TCPTimes {
    /// §5.2: "The timeout value MUST be at least 30 seconds."
    static let connect = Duration.seconds(30)
    /// §5.2, §5.3: without a ConnectionBind for 30 seconds the peer's connection is closed.
    static let bind = Duration.seconds(30)
}
