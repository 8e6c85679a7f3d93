import Glibc
import NIOCore
import NetPrimitives

/// Opens one port of this machine and has the relay dial it.
struct InboundCheck: Sendable {
    private let local: IPAddress
    private let dialBack: SharedDialBack
    private let loop: any EventLoop

    /// - Parameter local: the address that faces the relay.
    init(at local: IPAddress, dialBack: SharedDialBack, loop: any EventLoop) {
        self.local = local
        self.dialBack = dialBack
        self.loop = loop
    }

    func run(on target: ProbeTarget) async -> Inbound {
        let listener: CallListener
        do {
            listener = try await CallListener.open(target.transport, on: local, port: target.port, loop: loop)
        } catch {
            return .untested(why: Self.sentence((error as? IOError)?.errnoCode, target))
        }
        defer { listener.close() }
        return await dialBack.reach(target.transport, port: target.port) { listener.expect($0) }
    }

    /// - Parameter number: what bind(2) or listen(2) said.
    private static func sentence(_ number: Int32?, _ target: ProbeTarget) -> String {
        switch number {
        case EADDRINUSE: "\(target) is in use on this machine: end the program that has it, to have it tried."
        case EACCES, EPERM: "This machine does not let you open \(target): run ra-probe as root, to have it tried."
        case let number?: "This machine cannot open \(target): \(String(cString: strerror(number)))."
        case nil: "This machine cannot open \(target)."
        }
    }
}
