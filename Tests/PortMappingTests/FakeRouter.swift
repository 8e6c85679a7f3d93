import Foundation
import NetPrimitives
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A NAT-PMP or PCP router on a loopback address of its own, so that tests need neither root nor the real port 5351 of this
/// machine. It answers what `answer` makes of each request.
final class FakeRouter: Sendable {
    let ip: IPAddress
    private let descriptor: Int32
    private let requests = Mutex<[[UInt8]]>([])

    init(ip: IPAddress, answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]) throws {
        self.ip = ip
        descriptor = try BoundSocket(.udp, on: ip, port: 5351).descriptor
        Thread.detachNewThread { [descriptor, weak self] in
            // Closed here alone: elsewhere, its number could become another test's while this thread uses it.
            defer { close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: 128)
            var peer = sockaddr_storage()
            while true {
                var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
                let count = withUnsafeMutablePointer(to: &peer) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size)
                    }
                }
                guard count > 0, let self else { return }
                let request = Array(buffer.prefix(count))
                self.requests.withLock { $0.append(request) }
                for datagram in answer(request) {
                    _ = withUnsafePointer(to: &peer) {
                        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            sendto(descriptor, datagram, datagram.count, 0, $0, size)
                        }
                    }
                }
            }
        }
    }

    var seen: [[UInt8]] { requests.withLock { $0 } }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
