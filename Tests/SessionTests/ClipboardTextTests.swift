import Session
import Testing

@Suite("copied text on its way")
struct ClipboardTextTests {
    @Test("is one message when it is short, as the vector says")
    func vector() {
        var sender = ClipboardSender()
        sender.offer("é!")
        let piece = sender.nextPiece()
        #expect(piece?.message == [0x01, 0x00, 0x00, 0x00, 0x03, 0xC3, 0xA9, 0x21] && piece?.completes == 3)
        let rest = sender.nextPiece()
        #expect(rest == nil)
    }

    @Test("arrives as it was, whatever its length", arguments: [1, 32_767, 32_768, 32_769, 65_536, 1 << 20])
    func roundTrip(count: Int) throws {
        let text = String(repeating: "x", count: count - count / 3 * 3) + String(repeating: "漢", count: count / 3)
        var (sender, receiver) = (ClipboardSender(), ClipboardReceiver())
        sender.offer(text)
        var arrived: [String] = []
        while let piece = sender.nextPiece() {
            #expect(piece.message.count <= 64 << 10)
            if let whole = try receiver.receive(piece.message) { arrived.append(whole) }
            #expect((piece.completes == count) == !arrived.isEmpty)
        }
        #expect(arrived == [text])
    }

    @Test("is not sent when it is empty or too long")
    func bounds() {
        var sender = ClipboardSender()
        for text in ["", String(repeating: "x", count: (1 << 20) + 1)] {
            sender.offer(text)
            let piece = sender.nextPiece()
            #expect(piece == nil)
        }
    }

    @Test("gives way to what is copied after it, also in the middle")
    func replaced() throws {
        var (sender, receiver) = (ClipboardSender(), ClipboardReceiver())
        sender.offer(String(repeating: "x", count: 100_000))
        var texts: [String?] = []
        if let begun = sender.nextPiece() { texts.append(try receiver.receive(begun.message)) }
        sender.offer("new")
        if let next = sender.nextPiece() { texts.append(try receiver.receive(next.message)) }
        #expect(texts == [nil, "new"])
        sender.offer("never")
        sender.giveUp()
        let rest = sender.nextPiece()
        #expect(rest == nil)
    }

    @Test("is refused where the other side does not keep to it", arguments: [
        ([], .truncated), ([1, 0, 0], .truncated), ([3, 0], .unknownKind), ([1, 0, 0, 0, 0], .badLength),
        ([1, 0x00, 0x10, 0x00, 0x01], .badLength), ([1, 0xFF, 0xFF, 0xFF, 0xFF], .badLength), ([2, 0x41], .tooMuch),
        ([1, 0, 0, 0, 1, 0x41, 0x42], .tooMuch), ([1, 0, 0, 0, 1, 0xFF], .notUTF8),
    ] as [([UInt8], ClipboardReceiver.Malformed)])
    func malformed(_ message: [UInt8], _ expected: ClipboardReceiver.Malformed) {
        var receiver = ClipboardReceiver()
        #expect(throws: expected) { try receiver.receive(message) }
    }

    @Test("what is behind its end is too much, and an empty further piece is nothing")
    func end() throws {
        var receiver = ClipboardReceiver()
        #expect(try receiver.receive([1, 0, 0, 0, 2, 0x41]) == nil)
        #expect(try receiver.receive([2]) == nil)
        #expect(try receiver.receive([2, 0x42]) == "AB")
        #expect(try receiver.receive([2]) == nil)
        #expect(throws: ClipboardReceiver.Malformed.tooMuch) { try receiver.receive([2, 0x43]) }
    }
}
