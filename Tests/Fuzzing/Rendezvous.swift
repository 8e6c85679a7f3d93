import NetPrimitives
import Rendezvous

/// The rendezvous' messages: what was understood is written so that it is understood as the same. The relay's side also
/// hears the input itself, as the first words of a connection.
func fuzz(_ bytes: [UInt8]) {
    if let message = try? ClientMessage(parsing: bytes) {
        expect((try? ClientMessage(parsing: message.text)) == message, "another one than \(message)")
    }
    if let message = try? ServerMessage(parsing: bytes) {
        expect((try? ServerMessage(parsing: message.text)) == message, "another one than \(message)")
    }
    if let payload = try? PeerPayload(parsing: bytes) {
        expect((try? PeerPayload(parsing: payload.text)) == payload, "another one than \(payload)")
    }
    if let message = try? PeerMessage(parsing: String(decoding: bytes, as: UTF8.self)) {
        expect((try? PeerMessage(parsing: message.payload)) == message, "another one than \(message)")
    }
    var server = MeetingServer { _, _ in nil }
    var store = InMemoryInvitationStore()
    let time = UnixTime(seconds: 1_795_000_000)
    server.connectionOpened(ConnectionID(1), source: .v4(0x0B16_2101), at: .zero)
    for line in bytes.split(separator: 0x0A) {
        server.receive(Array(line), from: ConnectionID(1), at: .zero, wallClock: time)
    }
    while let output = server.nextOutput() {
        switch output {
        case .send(let text, _): expect((try? ServerMessage(parsing: text)) != nil, "the server talks nonsense")
        case .ask(let ticket, let request): server.answered(ticket, try? request.perform(in: &store), at: .zero, wallClock: time)
        case .close: break
        }
    }
}
