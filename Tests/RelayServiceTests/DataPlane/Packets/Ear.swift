import Glibc
import NetPrimitives
import Relay
@testable import RelayService
import Testing

/// A bound UDP socket on loopback, and what comes to it.
struct Ear {
    let socket: UDPSocket
    var outlet: Outlet { Outlet(destination: PackedAddress(socket.address), source: .none, descriptor: -1) }

    init(_ text: String = "127.0.0.1:0", aggregates: Bool = false, wantsDestination: Bool = false) throws {
        socket = try UDPSocket(bind: address(text), wantsDestination: wantsDestination, bufferSize: 4 << 20)
        if !aggregates {
            var off: Int32 = 0
            let result = setsockopt(socket.descriptor, Int32(IPPROTO_UDP), 104, &off, socklen_t(MemoryLayout<Int32>.size))
            try #require(result == 0)
        }
    }

    /// Everything that is there. Over loopback a datagram is there when its sending has returned.
    func hear() -> [[UInt8]] {
        var heard: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return heard }
            heard.append(Array(buffer.prefix(count)))
        }
    }
}

/// Bytes that stay where they are.
final class Bytes {
    let start: UnsafeMutableRawPointer
    init(count: Int = 1 << 20) {
        start = .allocate(byteCount: count, alignment: 64)
        for index in 0..<count {
            start.storeBytes(of: UInt8(truncatingIfNeeded: index * 7 + index >> 8), toByteOffset: index, as: UInt8.self)
        }
    }
    deinit { start.deallocate() }
}
