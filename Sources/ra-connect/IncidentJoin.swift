import ConnectService
import Foundation
import Incident
import Rendezvous
import Session

/// `ra-connect join` with a Windows invitation: the session is the RDP client's, which is followed to its end.
struct IncidentJoin {
    let file: IncidentFile
    /// The port of this computer at which a tunnel to the other one begins; nil where the file says where it is.
    let tunnel: UInt16?
    let asJSON: Bool
    /// Whether the session is written down.
    let isLogged: Bool

    func run() async throws -> Session.ExitCode {
        if file.isOver, let expires = file.expires {
            return end(.invitationExpired, "This invitation was good until \(UnixTime(seconds: expires).date.localText()). Ask for a new one.")
        }
        ChildProgram.endOnInterruption()
        guard let client = try await RDPClient.installed() else { return end(.error, RDPClient.howToInstall) }
        if client.showsPassword, file.needsPassword {
            // Before it is typed, and to whoever runs this by a program as well.
            warn("FreeRDP 2 shows the invitation's password to the other people who use this computer; FreeRDP 3 does not.")
        }
        let opened = try IncidentArgument.open(file, isNeeded: true)
        var (file, addresses) = (file, file.addresses(opened: opened?.ticket))
        if let begin = tunnel.flatMap({ MachineAddress(host: "127.0.0.1", port: "\($0)") }) {
            do { file = try file.leading(to: begin, ticket: opened?.ticket, password: opened?.password) } catch {
                throw InvitationArgument.refuse("\(error)")
            }
            addresses = [begin]
        }
        let handOver = IncidentHandOver(file: file, addresses: addresses, password: opened?.password, client: client)

        let list = addresses.map(\.description).joined(separator: ", ")
        note("Looking for their computer at \(list)…")
        let (started, clock) = (Date.now, ContinuousClock.now)
        let engine = ConnectEngine()
        let reached = await handOver.reachableAddress(on: engine.loop)
        await engine.shutDown()
        let answered = reached.map { (address: $0, after: clock.duration(to: .now)) }
        func conclude(_ reason: EndReason, _ detail: String) -> Session.ExitCode {
            if isLogged { handOver.record(reason, detail, from: started, answered: answered, in: SessionHistory()) }
            return end(reason, detail)
        }
        guard let address = reached else {
            return conclude(.noPath, tunnel == nil ? Self.howToReach(list) : Self.noTunnel(list))
        }
        note("\(address) answers. Starting \(client.path); the other side has to agree.")
        let code = try await handOver.run(at: address)
        if code == 0 { return conclude(.finished, "") }
        return conclude(.error, "\(client.path) ended with code \(code).")
    }

    private static func howToReach(_ list: String) -> String {
        """
        Their computer answers at none of its addresses: \(list). A router is in between, or it is not waiting any more. \
        With ra-connect on both sides no open port is needed: let them run “ra-connect share”. \
        With a session to a computer beside theirs: “--tcp 13389=HOST:PORT” there, and “--through 13389” here.
        """
    }

    private static func noTunnel(_ begin: String) -> String {
        "Nobody listens at \(begin). Join a session first, with --tcp and this port, and let the other side say yes to it."
    }

    private func end(_ reason: EndReason, _ detail: String) -> Session.ExitCode {
        if asJSON {
            print(SessionEventLine.ended(reason, detail: detail).json)
        } else if !detail.isEmpty {
            note(detail)
        }
        return Session.ExitCode(reason)
    }

    private func note(_ sentence: String) {
        if !asJSON { warn(sentence) }
    }

    private func warn(_ sentence: String) { FileHandle.standardError.write(Data((sentence + "\n").utf8)) }
}
