import STUN
import TURN

/// StreamFramer and ChannelData (RFC 8656 §12.4, §12.5): however a stream is cut into pieces, the same messages come out.
func fuzz(_ bytes: [UInt8]) {
    var input = Input(bytes)
    let sizes = (0..<4).map { _ in input.number(1...64) }
    let stream = input.bytes(bytes.count)
    let whole = cut(stream, [max(1, stream.count)])
    let pieces = cut(stream, sizes)
    expect(whole.messages == pieces.messages, "\(whole.messages) or \(pieces.messages)")
    expect(whole.error == pieces.error, "\(String(describing: whole.error)) or \(String(describing: pieces.error))")
    for message in whole.messages { check(message) }
}

private func cut(_ stream: [UInt8], _ sizes: [Int]) -> (messages: [[UInt8]], error: StreamFramer.StreamError?) {
    var framer = StreamFramer()
    var messages: [[UInt8]] = []
    var rest = stream[...]
    var index = 0
    while !rest.isEmpty {
        framer.append(rest.prefix(sizes[index % sizes.count]))
        rest = rest.dropFirst(sizes[index % sizes.count])
        index += 1
        do throws(StreamFramer.StreamError) {
            while let message = try framer.nextMessage() { messages.append(message) }
        } catch {
            return (messages, error)
        }
        expect(framer.bufferedCount < 65_555, "\(framer.bufferedCount) bytes are held")
    }
    return (messages, nil)
}

private func check(_ message: [UInt8]) {
    guard ChannelData.looksLike(message) else {
        return expect(Message.looksLike(message), "a message of neither kind: \(message)")
    }
    guard let data = try? ChannelData(decoding: message) else { return expect(false, "what was cut is not whole") }
    expect(data.encoded(padded: false) == message, "not the same again: \(message)")
    let padded = data.encoded(padded: true)
    expect(padded.count.isMultiple(of: 4) && padded.starts(with: message), "not padded: \(padded)")
}
