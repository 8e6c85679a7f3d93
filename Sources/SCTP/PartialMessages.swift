/// Messages of which usrsctp has delivered a part: large ones, and those that arrive while the window is full.
struct PartialMessages {
    private var byStream: [UInt16: [UInt8]] = [:]
    private(set) var byteCount = 0

    /// Adds a part; the whole message when it is the last one.
    mutating func add(_ bytes: [UInt8], on stream: UInt16, isComplete: Bool) -> [UInt8]? {
        var message = byStream.removeValue(forKey: stream) ?? []
        byteCount -= message.count
        message += bytes
        if isComplete { return message }
        byteCount += message.count
        byStream[stream] = message
        return nil
    }

    /// A reset stream's rest will never come.
    mutating func forget(_ stream: UInt16) {
        if let bytes = byStream.removeValue(forKey: stream) { byteCount -= bytes.count }
    }
}
