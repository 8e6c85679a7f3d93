@testable import Rendezvous
import Testing

@Suite("Letters between people")
struct LetterTests {
    static let ann = ContactStage.identity(1)
    static let bob = ContactStage.identity(2)
    static let eve = ContactStage.identity(3)
    static let time = UnixTime(seconds: 1_795_000_000)

    static func sealed(
        _ text: [UInt8] = Array("hello".utf8), _ purpose: Letter.Purpose = .call(.ring), about reference: [UInt8] = [],
        from writer: PersonIdentity = ann, to reader: PersonIdentity = bob
    ) throws -> Letter.Sealed {
        var random = SeededRandom(seed: 5)
        return try #require(
            Letter.seal(text, purpose, about: reference, from: writer, to: reader.key, at: time, using: &random))
    }

    @Test("a letter opens for its reader alone, and says who wrote it and when")
    func opens() throws {
        let sealed = try Self.sealed()
        let letter = try Letter(opening: sealed.payload, .call(.ring), as: Self.bob)
        #expect(letter.writer == Self.ann.key)
        #expect(letter.time == Self.time)
        #expect(letter.text == Array("hello".utf8))
        #expect(letter.mark == sealed.mark)
        #expect(throws: Letter.Failure.sealed) { try Letter(opening: sealed.payload, .call(.ring), as: Self.eve) }
        #expect(throws: Letter.Failure.sealed) { try Letter(opening: sealed.payload, .call(.ring), as: Self.ann) }
    }

    @Test("the same keys, time and randomness make the same letter: the documented one")
    func vector() throws {
        let sealed = try Self.sealed()
        let digest = Digest.sha256(Array(sealed.payload.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(sealed.payload.count == 232)
        #expect(digest == "f771aed28e1dc474952662b99e214be4e6270f3324a4039349ef0abd4c1f9e71")
        #expect(Base64URL.encode(sealed.mark) == "UDEVbrdn3zSkCtL8av12tvdC9Z-4Xp4YeNq0U-nM8mQ")
    }

    static let otherwise: [(Letter.Purpose, [UInt8])] = [
        (.call(.offer), []), (.call(.request), []), (.answer, []), (.farewell, []), (.call(.ring), [1]),
    ]

    @Test("a letter is worth nothing as another kind, or in another call", arguments: otherwise)
    func purposes(_ purpose: Letter.Purpose, _ reference: [UInt8]) throws {
        let sealed = try Self.sealed()
        #expect(throws: Letter.Failure.forged) {
            try Letter(opening: sealed.payload, purpose, about: reference, as: Self.bob)
        }
    }

    @Test("whoever opens a letter cannot pass it on as written to somebody else")
    func passedOn() throws {
        let plaintext = try #require(Self.bob.open(Base64URL.decode(try Self.sealed().payload) ?? []))
        var random = SeededRandom(seed: 6)
        let box = try #require(SealedBox.seal(plaintext, to: Self.eve.key, using: &random))
        #expect(throws: Letter.Failure.forged) {
            try Letter(opening: Base64URL.encode(box), .call(.ring), as: Self.eve)
        }
    }

    @Test("a letter that is altered at any byte, cut or longer does not open")
    func altered() throws {
        let box = try #require(Base64URL.decode(try Self.sealed().payload))
        for index in box.indices {
            var altered = box
            altered[index] ^= 0x40
            #expect(throws: Letter.Failure.sealed, "byte \(index)") {
                try Letter(opening: Base64URL.encode(altered), .call(.ring), as: Self.bob)
            }
            #expect(throws: Letter.Failure.sealed) {
                try Letter(opening: Base64URL.encode(Array(box.prefix(index))), .call(.ring), as: Self.bob)
            }
        }
        #expect(throws: Letter.Failure.sealed) {
            try Letter(opening: Base64URL.encode(box + [0]), .call(.ring), as: Self.bob)
        }
        #expect(throws: Letter.Failure.sealed) { try Letter(opening: "no base64!", .call(.ring), as: Self.bob) }
    }

    @Test("what opens is bounded and signed: any other plaintext in a good box says nothing")
    func plaintexts() throws {
        var random = SeededRandom(seed: 8)
        let good = try #require(Self.bob.open(Base64URL.decode(try Self.sealed().payload) ?? []))
        for index in 0..<good.count {
            var other = good
            other[index] ^= 1
            for plaintext in [other, Array(good.prefix(index))] {
                let box = try #require(SealedBox.seal(plaintext, to: Self.bob.key, using: &random))
                #expect(throws: Letter.Failure.self) {
                    try Letter(opening: Base64URL.encode(box), .call(.ring), as: Self.bob)
                }
            }
        }
        #expect(
            Letter.seal(
                [UInt8](repeating: 0x20, count: LetterFields.maximumSize + 1), .answer, from: Self.ann, to: Self.bob.key,
                at: Self.time, using: &random) == nil)
    }

    @Test("nothing can be sealed to a key that is no point, or one that shares no secret", arguments: [0, 1, 2, 0xEC, 0xFF])
    func weakKeys(_ byte: UInt8) throws {
        var random = SeededRandom(seed: 8)
        let bytes = byte == 0xFF ? [UInt8](repeating: 0xFF, count: 32) : [byte] + [UInt8](repeating: 0, count: 31)
        let key = try #require(PersonKey(bytes))
        #expect(Letter.seal([1], .answer, from: Self.ann, to: key, at: Self.time, using: &random) == nil)
    }

    static let ringing = ContactStage.ring(message: "It does not print.\nPlease!", about: ContactMessageTests.call)
    static let letters: [CallLetter] = [
        ringing, ContactStage.ring(),
        .offer(Offer(from: ContactStage.me, id: ContactMessageTests.call, ceiling: .view, message: "May I?")),
        .offer(Offer(from: ContactStage.me, id: ContactMessageTests.call, ceiling: .control)),
        .request(ContactRequest(from: ContactStage.me, message: "Bob from the office")), .request(ContactRequest(from: ContactStage.me)),
    ]

    @Test("every letter reads back as itself, and truncated throws", arguments: letters)
    func texts(_ letter: CallLetter) throws {
        #expect(try CallLetter(parsing: letter.text) == letter)
        for count in 0..<letter.text.count {
            #expect(throws: MessageError.malformed) { try CallLetter(parsing: Array(letter.text.prefix(count))) }
        }
    }

    static let answers: [AnswerLetter] = {
        guard case .ring(let ring) = ringing else { return [] }
        return [.ringing, .accepted, .declined, .taken, .card(ContactStage.me), .invitation(ring)]
    }()

    @Test("every answer reads back as itself, and truncated throws", arguments: answers)
    func answerTexts(_ letter: AnswerLetter) throws {
        #expect(try AnswerLetter(parsing: letter.text) == letter)
        for count in 0..<letter.text.count {
            #expect(throws: MessageError.malformed) { try AnswerLetter(parsing: Array(letter.text.prefix(count))) }
        }
    }

    @Test("a ring is an invitation that can be joined, and what its writer typed steers no terminal")
    func rings() throws {
        guard case .ring(var ring) = Self.ringing else { return }
        #expect(ring.invitation.relay == ContactStage.relay)
        #expect(ring.invitation.key == ring.key)
        #expect(ring.invitation.from == "ann@relay.example.org")
        #expect(ring.invitation.message == "It does not print.\nPlease!")
        ring.message = "a\u{1B}[2Jb" + String(repeating: "x", count: 3000)
        guard case .ring(let read) = try CallLetter(parsing: CallLetter.ring(ring).text) else { return }
        #expect(read.message == "a[2Jb" + String(repeating: "x", count: 1995))
    }

    // UDEVbrdn3zSkCtL8av12tvdC9Z-4Xp4YeNq0U-nM8mQ: Memory

    @Test(
        "a letter is good for ten minutes, and one that comes before its time by no more than a minute",
        arguments: [(0, true), (600, true), (601, false), (-60, true), (-61, false), (-600, false), (100_000, false)])
    func ages(_ age: Int, _ isRead: Bool) {
        var memory = LetterMemory()
        let written = UnixTime(seconds: UInt64(Int(Self.time.seconds) - age))
        let admitted = memory.admits([1], of: Self.ann.key, written: written, at: Self.time)
        #expect(admitted == isRead)
    }

    @Test("a time of no year at all is no letter's", arguments: [0, UInt64.max])
    func times(_ seconds: UInt64) {
        var memory = LetterMemory()
        let admitted = memory.admits([1], of: Self.ann.key, written: UnixTime(seconds: seconds), at: Self.time)
        #expect(!admitted)
    }

    /// A key that somebody might have.
    static func key(_ number: Int) throws -> PersonKey {
        try #require(PersonKey([UInt8(number & 255), UInt8(number >> 8)] + [UInt8](repeating: 0, count: 30)))
    }

    static func mark(_ number: Int) -> [UInt8] { [UInt8(number & 255), UInt8(number >> 8)] }

    @Test("no letter is read twice, not even after many others: the memory is bounded, and what it forgets stays unread", arguments: [1, 500])
    func memory(writers: Int) throws {
        var memory = LetterMemory()
        let now = Self.time
        let keys = try (0..<writers).map(Self.key)
        func written(_ number: Int) -> UnixTime { UnixTime(seconds: now.seconds - 500 + UInt64(number / 20)) }
        func read() -> Int {
            (0..<10_000).count { memory.admits(Self.mark($0), of: keys[$0 % writers], written: written($0), at: now) }
        }
        let first = read()
        // What is written in the second of what was just forgotten is not read any more.
        #expect(first > (writers == 1 ? 5000 : 9000))
        #expect(memory.count == (writers == 1 ? LetterMemory.capacityPerWriter : LetterMemory.capacity))
        let again = read()
        #expect(again == 0)
        // When those are too old to be read anyway, there is room again.
        let later = now.advanced(bySeconds: 1200)
        let new = (0..<LetterMemory.capacityPerWriter).count { memory.admits(Self.mark($0), of: keys[0], written: later, at: later) }
        let newest = memory.admits([9, 9, 9], of: keys[0], written: later.advanced(bySeconds: 1), at: later)
        #expect(new == LetterMemory.capacityPerWriter && newest)
    }

    @Test("who writes a thousand letters, from later on too, silences nobody but themselves")
    func silencing() throws {
        var memory = LetterMemory()
        let (now, soon) = (Self.time, Self.time.advanced(bySeconds: Int(LetterMemory.earliness)))
        for number in 0..<2000 { _ = memory.admits(Self.mark(number), of: Self.eve.key, written: soon, at: now) }
        #expect(memory.count <= LetterMemory.capacityPerWriter)
        let others = memory.admits([1], of: Self.ann.key, written: UnixTime(seconds: now.seconds - 500), at: now)
        let theirs = memory.admits([1, 2, 3], of: Self.eve.key, written: now, at: now)
        #expect(others && !theirs)
    }
}
