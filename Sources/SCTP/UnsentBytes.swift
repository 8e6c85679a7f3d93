/// What usrsctp has been given and has not sent even once, by stream.
///
/// usrsctp does not tell. But every packet passes by: a DATA chunk with a number that is newer than all before carries
/// bytes for the first time.
struct UnsentBytes {
    private(set) var total = 0
    private var byStream: [UInt16: Int] = [:]
    private var newestNumber: UInt32?

    subscript(stream: UInt16) -> Int { byStream[stream] ?? 0 }

    mutating func add(_ count: Int, on stream: UInt16) {
        byStream[stream, default: 0] += count
        total += count
    }

    mutating func note(_ chunk: DataChunk) {
        let number = chunk.transmissionSequenceNumber
        if let newestNumber, Int32(bitPattern: number &- newestNumber) <= 0 { return }  // a retransmission
        newestNumber = number
        guard let waiting = byStream[chunk.stream] else { return }
        let sent = min(waiting, chunk.byteCount)
        byStream[chunk.stream] = waiting == sent ? nil : waiting - sent
        total -= sent
    }

    /// usrsctp says that it is dry: messages that it gave up (partial reliability) no longer count either.
    mutating func removeAll() {
        byStream.removeAll()
        total = 0
    }
}
