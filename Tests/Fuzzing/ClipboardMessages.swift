import Session

/// What the other side says on the clipboard's channel: whatever it is, no more is held than a text may be long, and what is
/// taken for a text is one. And a text that we send arrives.
func fuzz(_ bytes: [UInt8]) {
    var input = Input(bytes)
    var (sender, receiver) = (ClipboardSender(), ClipboardReceiver())
    while !input.isEmpty {
        switch input.number(0...2) {
        case 0:
            let text = String(decoding: input.bytes(input.number(1...40)), as: UTF8.self) + String(repeating: "x", count: input.number(0...70_000))
            guard !text.isEmpty else { continue }  // of which nothing is sent
            sender.offer(text)
            var arrived: String?
            while let piece = sender.nextPiece() { arrived = (try? receiver.receive(piece.message)) ?? nil }
            expect(arrived == text, "\(text.utf8.count) bytes did not arrive")
        default:
            if let text = (try? receiver.receive(input.bytes(input.number(0...64)))) ?? nil {
                expect((1...(1 << 20)).contains(text.utf8.count), "a text of \(text.utf8.count) bytes")
            }
        }
    }
}
