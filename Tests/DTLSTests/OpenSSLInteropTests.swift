import DTLS
import Foundation
import Glibc
import NetPrimitives
import Testing

/// A UDP socket on loopback, for the tool that has no other path.
private final class LoopbackSocket {
    let port: UInt16
    private let descriptor: Int32
    private var peer: sockaddr_in?

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(descriptor >= 0 && bound)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    func setPeer(port: UInt16) { peer = Self.address(port: port) }

    func send(_ datagram: [UInt8]) {
        guard var peer else { return }
        withUnsafePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, datagram, datagram.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The next datagram, or nil after a hundredth of a second.
    func receive() -> [UInt8]? {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 10) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 2048)
        var from = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &from) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &bytes, bytes.count, 0, $0, &length) }
        }
        guard count > 0 else { return nil }
        peer = from
        return Array(bytes.prefix(count))
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// The `openssl` program with an ECDSA certificate of its own.
private struct Tool {
    private let directory: URL
    private let key: String
    private let certificate: String
    let fingerprint: Fingerprint

    init() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "ra-dtls-\(UUID().uuidString)")
        let key = directory.appending(path: "key.pem").path
        let certificate = directory.appending(path: "certificate.pem").path
        self.directory = directory
        self.key = key
        self.certificate = certificate
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        _ = try Self.output(of: [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=tool", "-keyout", key, "-out", certificate,
        ])
        let text = try Self.output(of: ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"])
        let digest = try #require(text.split(separator: "=").last)
        fingerprint = try #require(Fingerprint(digest.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    /// `s_server` or `s_client`, which copies its input to the peer.
    func start(_ arguments: [String], saying text: String) throws -> Process {
        let process = Self.process(arguments + ["-cert", certificate, "-key", key, "-dtls1_2", "-quiet"])
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        return process
    }

    private static func output(of arguments: [String]) throws -> String {
        let process = process(arguments)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    private static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        return process
    }
}

@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct OpenSSLInteropTests {
    /// Drives the endpoint until it is connected and has received something, or ten seconds are over.
    private func events(of endpoint: Endpoint, over socket: LoopbackSocket) -> [Endpoint.Event] {
        let begin = ContinuousClock.now
        var events: [Endpoint.Event] = []
        func now() -> Instant { .zero + (ContinuousClock.now - begin) }
        endpoint.start(at: now())
        while now() < .zero + .seconds(10), events.count < 2 {
            while let datagram = endpoint.nextTransmit() { socket.send(datagram) }
            if let datagram = socket.receive() { endpoint.receive(datagram, at: now()) }
            if let deadline = endpoint.nextDeadline, deadline <= now() { endpoint.handleTimeout(at: now()) }
            while let event = endpoint.nextEvent() { events.append(event) }
        }
        endpoint.close()
        while let datagram = endpoint.nextTransmit() { socket.send(datagram) }
        return events
    }

    @Test("our client talks to openssl s_server")
    func client() throws {
        let tool = try Tool()
        defer { tool.remove() }
        let (socket, reserved) = (try LoopbackSocket(), try LoopbackSocket().port)
        let server = try tool.start(["s_server", "-accept", "127.0.0.1:\(reserved)", "-verify", "1"], saying: "from the server\n")
        defer { server.terminate() }
        socket.setPeer(port: reserved)
        let endpoint = try Endpoint(role: .client, identity: try Identity(), expecting: tool.fingerprint)
        #expect(events(of: endpoint, over: socket) == [.connected, .data(Array("from the server\n".utf8))])
    }

    @Test("our server talks to openssl s_client")
    func server() throws {
        let tool = try Tool()
        defer { tool.remove() }
        let socket = try LoopbackSocket()
        let client = try tool.start(["s_client", "-connect", "127.0.0.1:\(socket.port)"], saying: "from the client\n")
        defer { client.terminate() }
        let endpoint = try Endpoint(role: .server, identity: try Identity(), expecting: tool.fingerprint)
        #expect(events(of: endpoint, over: socket) == [.connected, .data(Array("from the client\n".utf8))])
    }
}
