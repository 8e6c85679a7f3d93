import CLinuxNet
import Foundation
import Glibc

/// Stream sockets with a name in the file system (unix(7)).
enum UnixSocket {
    /// Listens at a path of its owner's alone. The caller owns the descriptor.
    ///
    /// - Throws: EADDRINUSE when somebody listens there; a name that a dead process left is replaced.
    static func listen(at path: String) throws(SystemError) -> Int32 {
        if let other = try? connect(to: path) {
            Glibc.close(other)
            throw SystemError(code: EADDRINUSE)
        }
        unlink(path)
        let descriptor = try open(path) { Glibc.bind($0, $1, $2) }
        // Until here nobody can connect, as nobody listens.
        guard chmod(path, 0o600) == 0, Glibc.listen(descriptor, 16) == 0 else {
            let error = SystemError.current
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The caller owns the descriptor.
    static func connect(to path: String) throws(SystemError) -> Int32 { try open(path) { Glibc.connect($0, $1, $2) } }

    private static func open(
        _ path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) -> Int32 {
        let descriptor = ra_unix_socket()
        guard descriptor >= 0 else { throw .current }
        let result = withAddress(of: path) { call(descriptor, $0, $1) }
        guard result == 0 else {
            let error = SystemError.current
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func withAddress(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        var name = Array(path.utf8)
        var folder: Int32 = -1
        defer { if folder >= 0 { Glibc.close(folder) } }
        if name.count >= capacity {
            // 108 octets are all that a name may have; the folder can be named by a descriptor instead.
            let url = URL(filePath: path)
            folder = Glibc.open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            name = Array("/proc/self/fd/\(folder)/\(url.lastPathComponent)".utf8)
            guard folder >= 0, name.count < capacity else {
                if folder >= 0 { errno = ENAMETOOLONG }
                return -1
            }
        }
        // unsafe: the name with its final zero fits, as was checked above.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
