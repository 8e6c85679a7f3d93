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
    if let message = try? PersonMessage(parsing: bytes) {
        expect((try? PersonMessage(parsing: message.text)) == message, "another one than \(message)")
    }
    if let message = try? SwitchboardMessage(parsing: bytes) {
        expect((try? SwitchboardMessage(parsing: message.text)) == message, "another one than \(message)")
    }
    contacts(bytes)
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

/// The switchboard hears the input from a stranger, a person's client hears it from its relay, and both go on as they should.
private func contacts(_ bytes: [UInt8]) {
    let (id, time) = (ConnectionID(1), UnixTime(seconds: 1_795_000_000))
    guard let relay = RelayURL("https://relay.example.org"), let name = PersonName("ann") else { return }
    var switchboard = Switchboard(fleet: FleetView(here: relay))
    switchboard.connectionOpened(id, source: .v4(0x0B16_2101), host: relay.host, at: .zero)
    let identity = PersonIdentity(seed: Secret([UInt8](repeating: 1, count: PersonIdentity.seedSize)))
    var client = PersonClient(identity: identity)
    client.present(name, allow: [identity.key], strangers: true)
    client.connectionOpened(to: relay)
    var people = InMemoryPeopleStore()
    /// Honest words go to and fro until there are no more.
    func run() {
        var moved = true
        while moved {
            moved = false
            while let text = client.nextMessage() {
                switchboard.receive(text, from: id, at: .zero, wallClock: time)
                moved = true
            }
            while let output = switchboard.nextOutput() {
                moved = true
                switch output {
                case .send(let text, _):
                    expect((try? SwitchboardMessage(parsing: text)) != nil, "the switchboard talks nonsense")
                    client.receive(text, at: time)
                case .ask(let ticket, let request):
                    switchboard.answered(ticket, try? request.perform(in: &people), at: .zero, wallClock: time)
                case .close: break
                }
            }
        }
    }
    run()
    for line in bytes.split(separator: 0x0A) {
        client.receive(Array(line), at: time)
        switchboard.receive(Array(line), from: id, at: .zero, wallClock: time)
    }
    run()
    while let event = client.nextEvent() {
        if case .called = event { expect(false, "a letter that nobody wrote was read") }
    }
    switchboard.connectionClosed(id, at: .zero)
    expect(switchboard.presentCount == 0 && switchboard.callCount == 0, "something is left behind")
}
