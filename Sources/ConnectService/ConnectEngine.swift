public import NIOCore
public import NIOPosix

/// What a flow runs on: one event loop for all its machines, and threads for what blocks.
public final class ConnectEngine: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// For name look-ups, pictures and files.
    public let pool = NIOThreadPool(numberOfThreads: 2)

    public init() { pool.start() }

    public var loop: any EventLoop { group.any() }

    /// Passes on the person's lines and Ctrl-C, until the process ends.
    public func watch(
        line: @escaping @Sendable (String) async -> Void, stop: @escaping @Sendable () async -> Void
    ) {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        StandardInput.read { continuation.yield($0) }
        Task { for await text in lines { await line(text) } }
        Interruption.shared.handle { Task { await stop() } }
    }

    public func shutDown() async {
        StandardInput.discardTyped()
        try? await group.shutdownGracefully()
        // A name that is still being looked up holds nobody back.
        pool.shutdownGracefully { _ in }
    }
}
