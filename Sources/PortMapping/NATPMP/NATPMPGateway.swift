import CLinuxNet
import CNATPMP
package import NetPrimitives

#if canImport(Glibc)
    import Glibc
#endif

/// A router that speaks NAT-PMP (RFC 6886), through libnatpmp. Calls block for up to `patience`.
/// Confined to the thread that uses it.
package final class NATPMPGateway: Gateway {
    /// The library sends again after 250, 500, 1000… ms (RFC 6886 §3.1). A router on the same link that has not
    /// answered the fourth time is not going to.
    package static let patience = Duration.milliseconds(3750)
    /// Deleting is a courtesy at the very end, when somebody may be waiting for us to be gone.
    package static let patienceToRelease = Duration.milliseconds(800)

    package let method = MappingMethod.natPMP
    package private(set) var internalAddress: TransportAddress
    package private(set) var router: String?
    private let request: MappingRequest
    private let patience: Duration
    private var client = natpmp_t()
    private var isOpen = false
    private var announcements: AnnouncementSocket?
    private var epoch = ServerEpoch(.natPMP)
    private var hasRestarted = false
    private var lastAddress: IPAddress?

    package init(_ request: MappingRequest, patience: Duration = NATPMPGateway.patience) {
        self.request = request
        self.patience = patience
        internalAddress = request.internalAddress
    }

    deinit {
        if isOpen { closenatpmp(&client) }
    }

    package func find() throws(MappingFailure) {
        guard request.internalAddress.family == .ipv4 else { throw .notIPv4 }
        guard let choice = RouterChoice(for: request, port: PCPFormat.serverPort), case .v4(let bits) = choice.gateway
        else { throw .noRouter }
        let code = initnatpmp(&client, 1, bits.bigEndian)
        isOpen = code != NATPMP_ERR_SOCKETERROR  // after any other error the library leaves its socket open
        guard code == 0 else { throw .noRouter }
        router = "\(choice.gateway)"
        internalAddress.ip = choice.socket.local
        announcements = AnnouncementSocket(on: choice.socket.local, interface: choice.interface)
        do throws(MappingFailure) {
            _ = try publicAddress(within: patience)
        } catch {
            // Any other refusal comes from a router that is there; what it refuses is said when it is asked for a port.
            if error == .noRouter { throw error }
        }
    }

    package func answer(to ask: Ask) -> Answer {
        let address: IPAddress
        do throws(MappingFailure) { address = try publicAddress(within: patience) } catch { return .failed(error) }
        do throws(MappingFailure) {
            let lifetime = ask.lifetime.map { min(max($0.components.seconds, 1), Int64(UInt32.max)) } ?? 7200
            guard
                sendnewportmappingrequest(
                    &client, Int32(mappingOpcode), internalAddress.port, ask.externalPort, UInt32(lifetime)) > 0
            else { return .failed(.noRouter) }
            var said = try response(to: mappingOpcode, within: patience)
            hasRestarted = false  // if it has: what it has just granted it has
            return .granted(
                Grant(
                    external: TransportAddress(ip: address, port: ra_natpmp_external_port(&said)),
                    lifetime: .seconds(Int64(ra_natpmp_lifetime(&said)))))
        } catch {
            return error == .noRouter ? .unanswered(error) : .failed(error)
        }
    }

    /// RFC 6886 §3.4: lifetime 0 and external port 0 delete the mapping of an internal port.
    package func release(externalPort: UInt16) -> Release {
        guard !isAway else { return .unanswered }
        guard sendnewportmappingrequest(&client, Int32(mappingOpcode), internalAddress.port, 0, 0) > 0
        else { return .unanswered }
        do throws(MappingFailure) {
            _ = try response(to: mappingOpcode, within: Self.patienceToRelease)
            return .closed
        } catch {
            return error == .noRouter ? .unanswered : .refused
        }
    }

    /// Sleeps, and hears meanwhile whether the router tells of a restart or a new address (RFC 6886 §3.2.1).
    package func rest(for duration: Duration, _ bell: Bell) -> Awakening {
        bell.wait(for: duration, or: [announcements?.descriptor ?? -1])
        while case .datagram(let bytes, let source)? = announcements?.receive() {
            guard "\(source.ip.unmapped)" == router, let told = NATPMPAnnouncement(bytes) else { continue }
            if told.address != lastAddress { hasRestarted = true }
            watch(told.epoch)
        }
        return takeRestart() ? .restarted : .rested
    }

    /// Asks for the address: its answer has the epoch, and a new address moves the mapping (RFC 6886 §3.6, §3.2.1).
    package func check(_ external: TransportAddress) -> Awakening {
        do throws(MappingFailure) {
            if try publicAddress(within: Self.patienceToRelease) != external.ip { return .restarted }
        } catch {
            return .rested  // the renewal will tell
        }
        return takeRestart() ? .restarted : .rested
    }

    private func takeRestart() -> Bool {
        defer { hasRestarted = false }
        return hasRestarted
    }

    private func watch(_ seconds: UInt32) {
        if !epoch.accept(seconds, at: RouterClock.now()) { hasRestarted = true }
    }

    // Waiting for the answer

    private func publicAddress(within patience: Duration) throws(MappingFailure) -> IPAddress {
        guard sendpublicaddressrequest(&client) > 0 else { throw .noRouter }
        var said = try response(to: Self.publicAddressOpcode, within: patience)
        let address = IPAddress.v4(ra_natpmp_address(&said))
        guard ExternalReach(of: address) != .nowhere else { throw .noExternalAddress }
        lastAddress = address
        return address
    }

    /// RFC 6886 §3.2 and §3.3; the opcode of a response is 128 more.
    private static let publicAddressOpcode: UInt8 = 0
    private var mappingOpcode: UInt8 {
        switch request.transport {
        case .udp: 1
        case .tcp: 2
        }
    }

    private func response(to opcode: UInt8, within patience: Duration) throws(MappingFailure) -> natpmpresp_t {
        let deadline = ContinuousClock.now + patience
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw .noRouter }
            waitUntilReadable(atMost: left)
            try dropWhatIsNoAnswer(to: opcode)
            var said = natpmpresp_t()
            let code = readnatpmpresponseorretry(&client, &said)
            if code == 0 {
                watch(said.epoch)
                return said
            }
            if code != NATPMP_TRYAGAIN { throw Self.failure(code) }
        }
    }

    /// Sleeps until something arrives, the library wants to send again, or `limit` has passed.
    private func waitUntilReadable(atMost limit: Duration) {
        let pause = min(limit.milliseconds, ra_natpmp_milliseconds_to_retry(&client))
        _ = ra_wait_readable([client.s], 1, Int32(clamping: max(pause, 0) + 1))
    }

    /// The library reads a datagram without looking at its length, and takes the answer to one question for the
    /// answer to another. So what is too short, or answers something else, is thrown away before it looks.
    private func dropWhatIsNoAnswer(to opcode: UInt8) throws(MappingFailure) {
        var head = [UInt8](repeating: 0, count: 16)
        while true {
            // With MSG_TRUNC the result is the datagram's own length; `head` gets 16 bytes of it at most.
            let length = recv(client.s, &head, head.count, Int32(MSG_PEEK) | Int32(MSG_TRUNC))
            if length < 0 {
                if errno == ECONNREFUSED { throw .noRouter }  // nobody listens on the router's port 5351
                return
            }
            if Self.isAnswer(head.prefix(length), to: opcode) { return }
            recv(client.s, &head, head.count, 0)
        }
    }

    /// Whether a datagram has the shape of an answer (RFC 6886 §3.2, §3.3, §3.5).
    static func isAnswer(_ datagram: ArraySlice<UInt8>, to opcode: UInt8) -> Bool {
        var reader = ByteReader(datagram)
        do throws(ByteReader.Truncated) {
            let version = try reader.readUInt8()
            let answered = try reader.readUInt8()
            let result = try reader.readUInt16()
            _ = try reader.readUInt32()  // seconds since the router's epoch
            if version != 0 { return true }  // a PCP router that knows no NAT-PMP; the library reports it
            guard answered == opcode | 0x80 else { return false }
            if result == 0 { try reader.skip(opcode == publicAddressOpcode ? 4 : 8) }
            return true
        } catch {
            return false
        }
    }

    private static func failure(_ code: Int32) -> MappingFailure {
        switch code {
        case NATPMP_ERR_NOTAUTHORIZED: .notAuthorized
        case NATPMP_ERR_NETWORKFAILURE: .noExternalAddress
        case NATPMP_ERR_OUTOFRESOURCES: .outOfResources
        case NATPMP_ERR_NOGATEWAYSUPPORT, NATPMP_ERR_UNSUPPORTEDVERSION, NATPMP_ERR_UNSUPPORTEDOPCODE: .noRouter
        default: .refused(code: Int(code), reason: "NAT-PMP failed")
        }
    }
}
