import NetPrimitives
import Session

/// What the other side says on the control channel, to the machine of either side, between what its person does: whatever it
/// is, nothing is lent without a yes, and every question has an end.
func fuzz(_ bytes: [UInt8]) {
    fuzzFile(bytes)
    var input = Input(bytes)
    let role: Role = input.byte() & 1 == 0 ? .sharer : .helper
    let destination = Destination("localhost:22")
    let rules = SideRules(files: .both, clipboard: .both, tcp: destination.map { [$0] } ?? [])
    var machine = SessionMachine(role: role, peer: "peer", rules: rules, at: .zero)
    var now = Instant.zero
    var lent: Set<UInt32> = []
    while !input.isEmpty {
        let commands: [SessionCommand] = [
            .yes(nil), .no(nil), .pause, .resume, .revoke(.file), .revoke(.view), .release(.tcp), .request(.clipboard),
            .request(.control), .ask(.file(name: "a", bytes: 1)), .say("hi"), .input(.text("x")),
        ]
        var hasSaidYes = false
        switch input.number(0...3) {
        case 0:
            let command = commands[input.number(0...commands.count - 1)]
            if case .yes = command { hasSaidYes = true }
            try? machine.perform(command, at: now)
        case 1:
            now += .milliseconds(input.number(0...60_000))
            machine.handleTimeout(at: now)
        default:
            let message = input.bytes(input.number(0...64))
            if let decoded = (try? ControlMessage.decode(message)) ?? nil {
                expect((try? ControlMessage.decode(decoded.encoded())) == decoded, "not the same again: \(decoded)")
            }
            machine.receive(message, at: now)
        }
        while machine.nextMessage() != nil {}
        while let event = machine.nextEvent() {
            switch event {
            case .sideGranted(let request, _):
                expect(hasSaidYes || request.asker == role, "granted without a yes: \(request)")
                expect(lent.insert(request.id).inserted, "granted twice: \(request)")
            case .sideRevoked(let request, _): expect(lent.remove(request.id) != nil, "ended, and was not granted: \(request)")
            case .sideRequest(let request, _):
                expect(machine.status.ended != nil || machine.nextDeadline != nil, "a question without an end: \(request)")
            case .ended: lent = []
            default: break
            }
        }
        expect(Set(machine.lent.map(\.id)) == lent, "\(machine.lent) is lent, and \(lent) was told")
    }
}

/// What the other side says on the channel of a file.
private func fuzzFile(_ bytes: [UInt8]) {
    let name = FileName(String(decoding: bytes, as: UTF8.self))
    expect(name.text == FileName(name.text).text, "not the same again: \(name)")
    expect((1...FileName.maximumBytes + 1).contains(name.text.utf8.count), "\(name) is of no length for a file's name")
    expect(!name.text.contains("/") && !name.text.hasPrefix("."), "\(name) leads elsewhere")
    var input = Input(bytes)
    let total = UInt64(input.number(0...600))
    var (sender, receiver) = (FileSender(total: total), FileReceiver(total: total))
    var written: UInt64 = 0
    while !input.isEmpty {
        let message = input.bytes(input.number(0...64))
        if let decoded = FileMessage(message) { expect(FileMessage(decoded.encoded) == decoded, "not the same again: \(decoded)") }
        if let count = sender.nextRead { _ = sender.send([UInt8](repeating: 1, count: min(count, input.number(0...99)))) }
        _ = sender.receive(message)
        expect(sender.acknowledged <= sender.sent && sender.sent <= total, "more is acknowledged than was sent: \(sender)")
        switch receiver.receive(message) {
        case .write(let bytes)?:
            written += UInt64(bytes.count)
            _ = receiver.wrote(bytes.count)
        case .keep?: expect(written == total, "\(written) of \(total) bytes are to be kept")
        case .discard?, nil: break
        }
        expect(written <= total, "more is written than was announced: \(written)")
    }
}
