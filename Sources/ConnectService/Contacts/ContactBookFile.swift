import Foundation
import Glibc
import Rendezvous

/// The contacts on disk: a JSON file that is its owner's alone, changed by one program at a time, and replaced as a whole, so that
/// who is killed in between has changed nothing.
public struct ContactBookFile: Sendable {
    /// The file cannot be understood; the sentence says what to do.
    public struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// More than 500 contacts with the longest names take.
    private static let maximumBytes = 1 << 20

    let path: String

    /// `contacts.json` in the state directory.
    public init() { self.init(path: StateDirectory.path() + "/contacts.json") }

    init(path: String) { self.path = path }

    /// As it stands; empty when there is none yet.
    public func read() throws -> ContactBook {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return ContactBook() }
            throw unusable("cannot be opened: \(POSIXError.latest.localizedDescription)")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let data = try? handle.read(upToCount: Self.maximumBytes + 1) ?? Data(), data.count <= Self.maximumBytes,
            let fields = try? JSONDecoder().decode(BookFields.self, from: data), let book = fields.book
        else { throw unusable("cannot be read as contacts. Get it back from a copy, or move it away to begin with none") }
        return book
    }

    /// Changes it, while no other program does; what throws has changed nothing.
    public func change<Result>(_ change: (inout ContactBook) throws -> Result) throws -> Result {
        try StateDirectory.makeFolder(of: path)
        return try withExtendedLifetime(LockedFile(writing: path + ".lock")) {
            let before = try read()
            var book = before
            let result = try change(&book)
            if book != before {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                try PrivateFile.write(encoder.encode(BookFields(book)) + Data("\n".utf8), to: path)
            }
            return result
        }
    }

    /// When it was changed last: who keeps a copy looks at this.
    var modified: Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }

    private func unusable(_ what: String) -> Unusable { Unusable(description: "Your contacts, \(path), \(what).") }
}

/// What stands in the file.
private struct BookFields: Codable {
    struct ContactFields: Codable {
        var address: String
        var key: String
        var since: String
        var blocked: Bool?
        var offers: String
    }

    var version: Int
    var own: String?
    var contacts: [ContactFields]
    var blocked: [String]?

    init(_ book: ContactBook) {
        version = 1
        own = book.own.map { "\($0)" }
        contacts = book.contacts.map { contact in
            ContactFields(
                address: "\(contact.address)", key: contact.key.text, since: "\(contact.since)", blocked: contact.isBlocked ? true : nil,
                offers: contact.offers.rawValue)
        }
        blocked = book.blockedStrangers.isEmpty ? nil : book.blockedStrangers.map { "\($0)" }
    }

    /// Nil when any of it makes no sense: half a book would be written back as the whole.
    var book: ContactBook? {
        guard version == 1, contacts.count <= ContactBook.limit, blocked?.count ?? 0 <= ContactBook.limit else { return nil }
        var book = ContactBook()
        if let own {
            guard let address = PersonAddress(own) else { return nil }
            book.own = address
        }
        for fields in contacts {
            guard let address = PersonAddress(fields.address), let key = PersonKey(fields.key), let since = UnixTime(fields.since),
                let offers = Contact.Offers(rawValue: fields.offers), book.contact(at: address) == nil
            else { return nil }
            var contact = Contact(address: address, key: key, since: since)
            contact.isBlocked = fields.blocked ?? false
            contact.offers = offers
            book.contacts.append(contact)
        }
        for text in blocked ?? [] {
            guard let address = PersonAddress(text) else { return nil }
            book.blockedStrangers.append(address)
        }
        return book
    }
}
