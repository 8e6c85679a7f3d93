import ArgumentParser
import ConnectService
import Foundation
import Glibc
import Policy
import Rendezvous

/// What this person is to be called by others, and at which relay.
enum OwnAddress {
    /// The one that is written down; else the name that was given, that is typed, or that the account has, at the relay in use.
    ///
    /// - Parameter asks: whether a person at a terminal is asked.
    static func find(name: String?, _ common: CommonOptions, asks: Bool) throws -> PersonAddress {
        let own = try Contacts.orEnd { try ContactBookFile().read().own }
        if let own, name == nil, common.relay == nil { return own }
        let relay = try common.relay == nil ? own?.relay ?? common.relayURL() : common.relayURL()
        if let name {
            guard let name = PersonName(name) else { throw ValidationError(howToWrite(name)) }
            return PersonAddress(name: name, relay: relay)
        }
        if let own, own.relay == relay { return own }
        let usual = PersonName(own?.name.text ?? NSUserName())
        guard asks, !common.json, isatty(STDIN_FILENO) == 1 else {
            guard let usual else { throw ValidationError("Your account's name cannot be yours at a relay: give another one with --name.") }
            return PersonAddress(name: usual, relay: relay)
        }
        while true {
            print("By which name shall others ring you at \(relay)?\(usual.map { " Enter takes \($0)." } ?? "")\n> ", terminator: "")
            fflush(nil)
            guard let line = readLine() else { throw ValidationError("Without a name nobody can ring you: give --name.") }
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.isEmpty, let usual { return PersonAddress(name: usual, relay: relay) }
            if let name = PersonName(text) { return PersonAddress(name: name, relay: relay) }
            print(howToWrite(text))
        }
    }

    /// How whoever is in a session may become a contact: nobody is asked for a name, and the relay is the session's. Nil where the
    /// account's name cannot be one.
    static func newContact(at relay: RelayURL, proxy: ProxyRule?, under policy: Policy) -> SessionContacts.Setup? {
        let own = (try? ContactBookFile().read())?.own ?? PersonName(NSUserName()).map { PersonAddress(name: $0, relay: relay) }
        return own.map { SessionContacts.Setup(own: $0, proxy: proxy, policy: policy) }
    }

    private static func howToWrite(_ text: String) -> String {
        "“\(text.printable)” cannot be a name: write 2 to 32 letters, digits, dots, hyphens or underscores, such as ann or ann.miller."
    }
}
