import Session
import TestSupport
import Testing

/// A file that goes from a sender to a receiver over two queues; the disks are arrays.
private struct Transfer {
    var sender: FileSender
    var receiver: FileReceiver
    let file: [UInt8]
    var disk: [UInt8] = []
    var unwritten: [[UInt8]] = []
    var toReceiver: [[UInt8]] = []
    var toSender: [[UInt8]] = []
    var kept: [UInt8]?
    var discarded: FileFailure?
    var mostUnderWay: UInt64 = 0

    init(_ file: [UInt8]) {
        self.file = file
        sender = FileSender(total: UInt64(file.count))
        receiver = FileReceiver(total: UInt64(file.count))
    }

    static let hash = [UInt8](repeating: 7, count: 32)

    mutating func read() {
        if let count = sender.nextRead {
            let start = Int(sender.sent)
            toReceiver.append(sender.send(Array(file[start..<start + count])).encoded)
        } else if sender.wantsHash {
            toReceiver.append(sender.finish(sha256: Self.hash).encoded)
        }
        mostUnderWay = max(mostUnderWay, sender.sent - UInt64(disk.count))
    }

    mutating func deliver() {
        guard !toReceiver.isEmpty, let action = receiver.receive(toReceiver.removeFirst()) else { return }
        perform(action)
    }

    mutating func perform(_ action: FileReceiver.Action) {
        switch action {
        case .write(let bytes): unwritten.append(bytes)
        case .keep(let hash):
            while !unwritten.isEmpty { write() }
            kept = hash
            toSender.append(receiver.kept().encoded)
        case .discard(let failure, let message):
            discarded = failure
            if let message { toSender.append(message.encoded) }
        }
    }

    mutating func write() {
        guard !unwritten.isEmpty else { return }
        let bytes = unwritten.removeFirst()
        disk += bytes
        if let message = receiver.wrote(bytes.count) { toSender.append(message.encoded) }
    }

    mutating func answer() {
        guard !toSender.isEmpty else { return }
        if let message = sender.receive(toSender.removeFirst()) { toReceiver.append(message.encoded) }
    }
}

@Suite("a file on its way")
struct FileTransferTests {
    @Test("arrives whole, whatever happens in which order, and little of it is under way at any time", arguments: 0..<20)
    func whole(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let size = [0, 1, 16384, 16385, 131_072, 3_000_000][seed % 6]
        var transfer = Transfer((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
        for _ in 0..<1_000_000 where transfer.sender.outcome == nil {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: transfer.read()
            case 1: transfer.deliver()
            case 2: transfer.write()
            default: transfer.answer()
            }
        }
        #expect(transfer.sender.outcome == .done && transfer.kept == Transfer.hash && transfer.discarded == nil, "seed \(seed)")
        #expect(transfer.disk == transfer.file, "seed \(seed)")
        #expect(transfer.mostUnderWay <= FileSender.window)
        #expect(transfer.receiver.isOver)
    }

    @Test("a sender waits for a receiver that does not write")
    func window() {
        var transfer = Transfer([UInt8](repeating: 1, count: 4 << 20))
        for _ in 0..<10_000 {
            transfer.read()
            transfer.deliver()
        }
        #expect(transfer.sender.sent == FileSender.window && transfer.sender.nextRead == nil)
    }

    @Test("a receiver takes no more than was told, and no more at once than it can write")
    func tooMuch() {
        var small = FileReceiver(total: 10)
        #expect(small.receive(FileMessage.data([UInt8](repeating: 1, count: 11)).encoded) == .discard(.nonsense, .failed(.nonsense)))
        #expect(small.receive(FileMessage.data([1]).encoded) == nil, "nothing follows the end")
        var flooded = FileReceiver(total: 1 << 30)
        var taken = 0
        while case .write? = flooded.receive(FileMessage.data([UInt8](repeating: 1, count: 16384)).encoded) { taken += 16384 }
        #expect(taken == 2 << 20 && flooded.isOver)
        var short = FileReceiver(total: 10)
        #expect(short.receive(FileMessage.end(sha256: Transfer.hash).encoded) == .discard(.changed, .failed(.changed)))
    }

    @Test("a file that has become shorter is told as changed")
    func shorter() {
        var sender = FileSender(total: 10)
        _ = sender.send([1, 2, 3])
        #expect(sender.send([]) == .failed(.changed))
        #expect(sender.outcome == .failed(.changed) && sender.nextRead == nil && !sender.wantsHash)
    }

    @Test(
        "a receiver that says what cannot be ends it",
        arguments: [
            FileMessage.progress(99), .done, .data([1]), .end(sha256: Transfer.hash),
        ])
    func nonsense(message: FileMessage) {
        var sender = FileSender(total: 10)
        _ = sender.send([1, 2, 3])
        #expect(sender.receive(message.encoded) == .failed(.nonsense))
        #expect(sender.receive(FileMessage.done.encoded) == nil && sender.outcome == .failed(.nonsense))
    }

    @Test("the end of the channel ends what is not whole")
    func closed() {
        var (sender, receiver) = (FileSender(total: 1), FileReceiver(total: 1))
        sender.closed()
        #expect(sender.outcome == .failed(.cancelled))
        #expect(receiver.closed() == .discard(.cancelled, nil) && receiver.closed() == nil)
    }

    static let vectors: [(FileMessage, [UInt8])] = [
        (.data([9, 8]), [1, 9, 8]), (.end(sha256: Transfer.hash), [2] + Transfer.hash),
        (.progress(258), [3, 0, 0, 0, 0, 0, 0, 1, 2]), (.done, [4]), (.failed(.damaged), [5, 6]),
    ]

    @Test("its messages are the bytes they always were", arguments: vectors)
    func encoding(message: FileMessage, bytes: [UInt8]) {
        #expect(message.encoded == bytes)
        #expect(FileMessage(bytes) == message)
        if bytes[0] != 1 {
            #expect(FileMessage(bytes + [1]) == message)
            for count in 0..<bytes.count { #expect(FileMessage(Array(bytes[..<count])) == nil) }
        }
    }

    @Test("nothing else is a message", arguments: [[], [0], [6], [1], [1] + [UInt8](repeating: 0, count: 16385)])
    func malformed(bytes: [UInt8]) { #expect(FileMessage(bytes) == nil) }

    @Test("every reason for a failure has a code and a sentence")
    func failures() {
        for failure in FileFailure.allCases {
            #expect(FileMessage(FileMessage.failed(failure).encoded) == .failed(failure))
            #expect(failure.description.hasSuffix("."))
        }
        #expect(FileMessage([5, 200]) == .failed(.cancelled), "a later version's")
    }
}
