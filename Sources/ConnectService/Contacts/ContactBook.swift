public import Rendezvous

/// Whom a person knows, and what they are called themselves.
public struct ContactBook: Hashable, Sendable {
    /// As many as a relay keeps in mind for somebody who is there.
    public static let limit = 500

    /// What cannot be done with a contact; the sentence says what can.
    public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case unknown(String)
        case several(String)
        case full
        /// Another key stands for the name than the one that was written down.
        case changedKey(PersonAddress, known: PersonKey, now: PersonKey)
        /// The key is that of a contact with another address.
        case knownKey(PersonAddress, as: PersonAddress)

        public var description: String {
            switch self {
            case .unknown(let text):
                "“\(text.printable)” is none of your contacts. “ra-connect contacts list” shows them; “ra-connect contacts add” adds one."
            case .several(let text): "Several of your contacts are called “\(text.printable)”: give the whole address, NAME@RELAY."
            case .full: "You have \(ContactBook.limit) contacts, and there can be no more: “ra-connect contacts remove” takes one away."
            case .changedKey(let address, let known, let now):
                """
                ATTENTION: \(address) has another key than the one you know. Somebody may be passing for them, or they have a new computer.
                  known: \(known.fingerprint)
                  now:   \(now.fingerprint)
                Nothing was sent. Ask them by telephone for the fingerprint that “ra-connect contacts list” shows them. If it is the second one: \
                “ra-connect contacts remove \(address)”, then “ra-connect contacts add \(address)”.
                """
            case .knownKey(let address, let known):
                """
                Whoever is called \(address) has the key of \(known), whom you know, so they are the same person. Nothing was written down. \
                If they have a new address: “ra-connect contacts remove \(known)”, then “ra-connect contacts add \(address)”.
                """
            }
        }
    }

    /// Where this person is rung at; nil before they have registered a name.
    public internal(set) var own: PersonAddress?
    /// In the order in which they were added.
    public internal(set) var contacts: [Contact] = []
    /// Who is no contact, and must not ask to become one. The oldest goes when there are too many.
    public internal(set) var blockedStrangers: [PersonAddress] = []

    public init() {}

    /// The keys of those who may ring, and see whether this person is there.
    public var callers: [PersonKey] {
        let blocked = Set(contacts.filter(\.isBlocked).map(\.key))
        return contacts.map(\.key).filter { !blocked.contains($0) }
    }

    public func contact(at address: PersonAddress) -> Contact? { contacts.first { $0.address == address } }

    public func contact(with key: PersonKey) -> Contact? { contacts.first { $0.key == key } }

    /// The contact that a person means: by the address, or by the name alone where no other contact is called so.
    public func contact(named text: String) throws(Refusal) -> Contact {
        if let address = PersonAddress(text), let contact = contact(at: address) { return contact }
        let matches = contacts.filter { contact in
            contact.address.name.text == text.lowercased() || "\(contact.address.name)@\(contact.address.relay.authority)" == text.lowercased()
        }
        guard let match = matches.first else { throw .unknown(text) }
        guard matches.count == 1 else { throw .several(text) }
        return match
    }

    // MARK: What changes it

    /// Writes a contact down. Who is there already with the same key stays as they are; with another one, or under another address,
    /// nothing is changed.
    public mutating func add(_ contact: Contact) throws(Refusal) {
        if let known = self.contact(at: contact.address) {
            guard known.key == contact.key else { throw .changedKey(contact.address, known: known.key, now: contact.key) }
            return
        }
        if let known = self.contact(with: contact.key) { throw .knownKey(contact.address, as: known.address) }
        guard contacts.count < Self.limit else { throw .full }
        contacts.append(contact)
        blockedStrangers.removeAll { $0 == contact.address }
    }

    /// As `add`, but of somebody who is blocked, by their address or their key, nothing is written down.
    ///
    /// - Returns: whether they are a contact now.
    mutating func addUnlessBlocked(_ contact: Contact) throws(Refusal) -> Bool {
        guard !isBlocked(contact.address), !isBlocked(contact.key) else { return false }
        try add(contact)
        return true
    }

    public mutating func remove(_ address: PersonAddress) { contacts.removeAll { $0.address == address } }

    public mutating func change(_ address: PersonAddress, _ change: (inout Contact) -> Void) {
        guard let index = contacts.firstIndex(where: { $0.address == address }) else { return }
        change(&contacts[index])
    }

    public mutating func block(_ address: PersonAddress) {
        guard contact(at: address) == nil else { return change(address) { $0.isBlocked = true } }
        blockedStrangers.removeAll { $0 == address }
        blockedStrangers.append(address)
        if blockedStrangers.count > Self.limit { blockedStrangers.removeFirst() }
    }

    public mutating func unblock(_ address: PersonAddress) {
        blockedStrangers.removeAll { $0 == address }
        change(address) { $0.isBlocked = false }
    }

    public func isBlocked(_ address: PersonAddress) -> Bool {
        blockedStrangers.contains(address) || contact(at: address)?.isBlocked == true
    }

    /// Whether it is the key of somebody who is blocked, whatever they are called now.
    public func isBlocked(_ key: PersonKey) -> Bool { contacts.contains { $0.isBlocked && $0.key == key } }
}
