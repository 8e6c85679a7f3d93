import Foundation
public import Incident

/// An installed program that understands invitations of Windows Remote Assistance: FreeRDP, version 2 or 3.
public struct RDPClient: Sendable, Hashable {
    public let path: String
    /// FreeRDP 3 reads its arguments out of a variable of its environment, which other people of this machine cannot see, and finds
    /// the address itself. FreeRDP 2.11 has the password on its command line, and gives up as soon as it does not know a name.
    let isVersion3: Bool

    /// What Debian and others call it, the best first.
    private static let names = ["xfreerdp3", "xfreerdp", "sdl-freerdp3", "sdl-freerdp", "wlfreerdp3", "wlfreerdp"]

    /// The variable in which FreeRDP 3 finds what it is to do.
    private static let variable = "RA_CONNECT_FREERDP"

    public static let howToInstall =
        "No program that understands it is installed. Install FreeRDP: “apt install freerdp3-x11” (Debian 13, Ubuntu 24.04 and later) or “apt install freerdp2-x11”."

    public init(path: String, isVersion3: Bool) {
        self.path = path
        self.isVersion3 = isVersion3
    }

    /// The one that is installed; nil when none is.
    public static func installed() async throws -> RDPClient? {
        for name in names {
            guard let path = ChildProgram.find(name) else { continue }
            return RDPClient(path: path, isVersion3: name.hasSuffix("3") ? true : try await saysVersion3(path))
        }
        return nil
    }

    /// - Returns: false when it says nothing, as version 2 does without a display.
    private static func saysVersion3(_ path: String) async throws -> Bool {
        var asked = ChildProgram(path: path, arguments: ["/version"])
        asked.isRead = true
        return String(decoding: try await asked.run().output, as: UTF8.self).contains("version 3.")
    }

    /// Whether other people of this machine can read the password while the program runs.
    public var showsPassword: Bool { !isVersion3 }

    /// The program with what it needs.
    ///
    /// - Parameters:
    ///   - file: the invitation, in a file whose name ends as FreeRDP wants it: `.msrcIncident`.
    ///   - address: one that answers.
    public func program(file: String, password: String?, address: MachineAddress) -> ChildProgram {
        let secret = password.map { ["/assistance:\($0)"] } ?? []
        guard isVersion3 else { return ChildProgram(path: path, arguments: [file] + secret + ["/v:\(address)"]) }
        var program = ChildProgram(path: path, arguments: ["/args-from:env:\(Self.variable)"])
        // An argument a line.
        program.environment[Self.variable] = ([file] + secret).joined(separator: "\n") + "\n"
        return program
    }
}
