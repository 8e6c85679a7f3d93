import NetPrimitives

/// The listening sockets: for every address one of each worker, between which the kernel spreads the flows.
struct ListenerSet {
    /// A listener's buffers: what arrives while a worker is busy for some milliseconds.
    private static let bufferSize: Int32 = 4 << 20

    /// By worker, each in the same order.
    private(set) var sockets: [[UDPSocket]]
    private(set) var listening: [TransportAddress] = []
    private(set) var failed: [DataPlane.FailedListener] = []

    init(workers: Int) { sockets = Array(repeating: [], count: workers) }

    mutating func open(_ listener: DataPlaneConfiguration.Listener) throws(DataPlaneError) {
        do throws(SystemError) {
            let opened = try Self.open(listener.address, count: sockets.count)
            for (worker, socket) in opened.enumerated() { sockets[worker].append(socket) }
            listening.append(opened[0].address)
        } catch {
            if listener.isRequired { throw .cannotListen(listener.address, error) }
            failed.append(DataPlane.FailedListener(listener: listener, error: error))
        }
    }

    private static func open(_ address: TransportAddress, count: Int) throws(SystemError) -> [UDPSocket] {
        // Another process of the same user may share a port with us without an error, and would get half of the
        // flows. A socket that does not share shows whether anybody is there.
        let probe = try UDPSocket(bind: address, bufferSize: bufferSize)
        let resolved = probe.address
        _ = consume probe
        var opened: [UDPSocket] = []
        for _ in 0..<count {
            opened.append(
                try UDPSocket(bind: resolved, sharesPort: true, wantsDestination: resolved.ip.isUnspecified, bufferSize: bufferSize))
        }
        return opened
    }
}
