import Glibc
import HostNetwork
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// Looks names up without blocking an event loop: getaddrinfo(3) on threads of its own.
struct NameResolver: Sendable {
    let pool: NIOThreadPool

    /// The addresses of names, in the system's order of preference; of a literal address, itself. What is not
    /// known within `patience` is left out.
    func resolve(_ hosts: [String], within patience: Duration) async -> [String: [IPAddress]] {
        await withTaskGroup(of: (String, [IPAddress])?.self) { group in
            for host in hosts { group.addTask { (host, await resolve(host)) } }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            var found: [String: [IPAddress]] = [:]
            while found.count < hosts.count, let answer = await group.next(), let (host, addresses) = answer {
                found[host] = addresses
            }
            group.cancelAll()
            return found
        }
    }

    private func resolve(_ host: String) async -> [IPAddress] {
        if let ip = IPAddress(host) { return [ip] }
        let answer = AsyncStream.makeStream(of: [IPAddress].self)
        pool.submit { state in
            answer.continuation.yield(state == .active ? Self.lookUp(host) : [])
            answer.continuation.finish()
        }
        // Cancelling ends the waiting, not the look-up: getaddrinfo cannot be interrupted.
        return await answer.stream.first { _ in true } ?? []
    }

    private static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = Int32(AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return [] }
        defer { freeaddrinfo(list) }
        // The list is the C library's until freeaddrinfo; everything is copied out of it before.
        var addresses: [IPAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            if let ip = IPAddress(address) { addresses.append(ip) }
        }
        return addresses
    }
}
