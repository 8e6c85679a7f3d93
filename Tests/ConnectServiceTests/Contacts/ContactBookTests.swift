@testable import ConnectService
import Foundation
import Glibc
import Rendezvous
import Testing

@Suite("Whom a person knows")
struct ContactBookTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "contacts-\(UUID().uuidString)/state").path
    private var file: ContactBookFile { ContactBookFile(path: folder + "/contacts.json") }

    static func key(_ number: UInt8) -> PersonKey { PersonIdentity(seed: Secret([UInt8](repeating: number, count: 32))).key }

    private func contact(_ address: String, _ number: UInt8 = 1) throws -> Contact {
        Contact(address: try #require(PersonAddress(address)), key: Self.key(number), since: UnixTime(seconds: 1_795_000_000))
    }

    @Test("what was written is read again, by nobody else")
    func writeAndRead() throws {
        #expect(try file.read() == ContactBook())
        let written = try file.change { book in
            book.own = PersonAddress("sara@relay.example.org")
            try book.add(contact("hugo@http://10.0.0.1:3478"))
            var second = try contact("Ann@relay.example.org:8443", 2)
            second.isBlocked = true
            second.offers = .view
            try book.add(second)
            book.block(try #require(PersonAddress("pest@relay.example.org")))
            return book
        }
        #expect(try file.read() == written)
        #expect(written.callers == [Self.key(1)])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/contacts.json")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["contacts.json", "contacts.json.lock"])
    }

    @Test("what throws has changed nothing, and a book that cannot be read is not written over")
    func whole() throws {
        try file.change { try $0.add(contact("hugo@relay.example.org")) }
        #expect(throws: ContactBook.Refusal.self) {
            try file.change { book in
                book.own = PersonAddress("sara@relay.example.org")
                try book.add(contact("hugo@relay.example.org", 2))
            }
        }
        #expect(try file.read().own == nil)
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        for damaged in [
            String(text.dropLast(5)), text.replacing("hugo@", with: "h@"), text.replacing("control", with: "all"), "",
            text.replacing("\"version\" : 1", with: "\"version\" : 2"), String(repeating: " ", count: 1 << 20) + text,
        ] {
            try damaged.write(toFile: file.path, atomically: true, encoding: .utf8)
            #expect(throws: ContactBookFile.Unusable.self) { try file.read() }
            #expect(throws: ContactBookFile.Unusable.self) { try file.change { $0.own = nil } }
            #expect(try String(contentsOfFile: file.path, encoding: .utf8) == damaged)
        }
    }

    @Test("programs that change it at once lose nothing of each other")
    func concurrent() async throws {
        let file = file
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let address = PersonAddress("contact\(number)@relay.example.org")!
                    try file.change { try $0.add(Contact(address: address, key: Self.key(UInt8(number)), since: .now())) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try file.read().contacts.count == 20)
    }

    @Test("a contact is bounded, found by what people write, and never changes the key in silence")
    func names() throws {
        var book = ContactBook()
        try book.add(contact("hugo@relay.example.org"))
        try book.add(contact("hugo@relay.example.org"))
        #expect(book.contacts.count == 1)
        try book.add(contact("ann@http://10.0.0.1:3478", 2))
        #expect(try book.contact(named: "HUGO").address == PersonAddress("hugo@relay.example.org"))
        #expect(try book.contact(named: "Hugo@Relay.Example.org").key == Self.key(1))
        #expect(try book.contact(named: "ann@10.0.0.1:3478").key == Self.key(2))
        #expect(throws: ContactBook.Refusal.unknown("otto")) { try book.contact(named: "otto") }
        try book.add(contact("hugo@other.example.org", 3))
        #expect(throws: ContactBook.Refusal.several("hugo")) { try book.contact(named: "hugo") }

        let hugo = try contact("hugo@relay.example.org", 9)
        let refusal = ContactBook.Refusal.changedKey(hugo.address, known: Self.key(1), now: hugo.key)
        #expect(throws: refusal) { try book.add(hugo) }
        #expect("\(refusal)".contains("ATTENTION") && "\(refusal)".contains(hugo.key.fingerprint))
        #expect("\(refusal)".contains("ra-connect contacts remove hugo@relay.example.org"))

        for number in book.contacts.count..<ContactBook.limit {
            let seed = (0..<32).map { UInt8(truncatingIfNeeded: $0 == 0 ? number : $0 == 1 ? number >> 8 : 0xAA) }
            let address = try #require(PersonAddress("contact\(number)@relay.example.org"))
            try book.add(Contact(address: address, key: PersonIdentity(seed: Secret(seed)).key, since: .now()))
        }
        #expect(throws: ContactBook.Refusal.full) { try book.add(contact("last@relay.example.org", 5)) }
        for number in 0..<ContactBook.limit + 5 { book.block(try #require(PersonAddress("pest\(number)@relay.example.org"))) }
        #expect(book.blockedStrangers.count == ContactBook.limit)
        #expect(try !book.isBlocked(#require(PersonAddress("pest4@relay.example.org"))))
    }

    @Test("a key that is known under another address is not added again, and is blocked under every one")
    func knownKey() throws {
        var book = ContactBook()
        let (hugo, otto) = (try contact("hugo@relay.example.org"), try contact("otto@relay.example.org"))
        try book.add(hugo)
        let refusal = ContactBook.Refusal.knownKey(otto.address, as: hugo.address)
        #expect(throws: refusal) { try book.add(otto) }
        #expect("\(refusal)".contains("ra-connect contacts remove hugo@relay.example.org"))
        #expect(book.contacts == [hugo])
        // A book of before, with both.
        book.contacts.append(otto)
        book.block(otto.address)
        #expect(book.isBlocked(hugo.key) && !book.isBlocked(hugo.address))
        #expect(book.callers.isEmpty)
    }

    @Test("who is blocked may not call, and is let in again")
    func blocking() throws {
        var book = ContactBook()
        let hugo = try contact("hugo@relay.example.org")
        try book.add(hugo)
        book.block(hugo.address)
        #expect(book.callers.isEmpty && book.isBlocked(hugo.address) && book.blockedStrangers.isEmpty)
        book.unblock(hugo.address)
        #expect(book.callers == [hugo.key] && !book.isBlocked(hugo.address))
        book.remove(hugo.address)
        #expect(book.contacts.isEmpty)
        book.block(hugo.address)
        #expect(book.isBlocked(hugo.address))
        let isAdded = try book.addUnlessBlocked(hugo)
        #expect(!isAdded && book.isBlocked(hugo.address) && book.contacts.isEmpty)
        try book.add(hugo)
        #expect(!book.isBlocked(hugo.address))
    }

    @Test("who is blocked by their key becomes no contact under another name, and who is not does")
    func blockedMeanwhile() throws {
        var book = ContactBook()
        let hugo = try contact("hugo@relay.example.org")
        func isAdded(_ contact: Contact) throws -> Bool { try book.addUnlessBlocked(contact) }
        #expect(try isAdded(hugo))
        book.block(hugo.address)
        let before = book
        #expect(try !isAdded(contact("otto@relay.example.org")))
        #expect(try !isAdded(hugo))
        #expect(book == before)
    }
}
