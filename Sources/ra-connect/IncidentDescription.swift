import ConnectService
import Foundation
import Incident
import Rendezvous
import Session

/// What a Windows invitation holds, as JSON and as sentences.
struct IncidentDescription: Encodable {
    var kind: String
    var from: String?
    var created: String?
    var expires: String?
    /// Whether it is over by this computer's clock.
    var expired: Bool
    var addresses: [String]
    var password: Bool

    /// - Parameter ticket: what the password opened.
    init(_ file: IncidentFile, ticket: ConnectionString2?) {
        kind = file.kind.rawValue
        from = file.userName
        created = file.created.map { UnixTime(seconds: $0).description }
        expires = file.expires.map { UnixTime(seconds: $0).description }
        expired = file.isOver
        addresses = file.addresses(opened: ticket).map(\.description)
        password = file.needsPassword
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// A moment for a person.
    private static func told(_ time: String) -> String { UnixTime(time)?.date.localText() ?? time }

    var sentences: String {
        var lines: [String] = []
        lines.append(
            from.map { "\($0.printable) asks for help with Windows Remote Assistance. (Nobody has checked that name.)" }
                ?? "Somebody asks for help with Windows Remote Assistance; this invitation does not say who.")
        lines.append("It was made by \(kind == "windows-xp" ? "Windows XP or Server 2003" : "Windows Vista or later")\(created.map { " at \(Self.told($0))" } ?? "").")
        switch expires {
        case let time? where expired: lines.append("It was good until \(Self.told(time)): ask for a new one.")
        case let time?: lines.append("It is good until \(Self.told(time)).")
        case nil: lines.append("It does not say until when it is good.")
        }
        lines.append(
            addresses.isEmpty
                ? "Where their computer is, only the password tells." : "Their computer listens at \(addresses.joined(separator: ", ")).")
        lines.append(password ? "It has a password, which they tell you on another way." : "It has no password: whoever has this file can use it.")
        lines.append("“ra-connect join” hands it to an RDP client on this computer, which goes there by itself: no relay helps it through a router.")
        return lines.joined(separator: "\n")
    }
}

extension IncidentFile {
    /// Whether it is over by this computer's clock.
    var isOver: Bool { expires.map { Double($0) < Date().timeIntervalSince1970 } ?? false }

    /// Where the computer listens: what was sealed knows more than what everybody can read.
    func addresses(opened ticket: ConnectionString2?) -> [MachineAddress] {
        ticket?.addresses ?? connectionString1?.addresses ?? []
    }
}
