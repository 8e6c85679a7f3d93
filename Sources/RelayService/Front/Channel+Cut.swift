import NIOCore
import NIOSSL

extension Channel {
    /// Closes the connection now; TLS does not wait for the other side's farewell, which may never come. From any thread.
    func cut() {
        eventLoop.execute {
            if let tls = try? self.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
                tls.close(promise: nil)
            } else {
                self.close(promise: nil)
            }
        }
    }
}
