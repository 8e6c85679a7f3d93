import NetPrimitives
import Rendezvous

/// Somebody who is there for contacts: a name, a line of its own, and so many who may see it.
final class Contact: Line.Owner {
    private unowned let load: Load
    private let relay: RelayURL
    private let name: PersonName
    private var line: Line?
    private var machine: PersonClient

    /// Nil for a number that makes no name.
    init?(_ load: Load, number: Int, allow: [PersonKey], from source: String) {
        var random = LoadRandom(seed: number &* 7919 &+ 1)
        guard let name = PersonName("load-\(number)"), let relay = RelayURL("http://\(Line.host):\(load.port)") else { return nil }
        (self.load, self.name, self.relay) = (load, name, relay)
        machine = PersonClient(identity: PersonIdentity(using: &random), random: random)
        line = Line.open(self, path: .contacts, to: load.port, from: source, on: load.loop)
        machine.register(name)
        machine.present(name, allow: allow, strangers: false)
    }

    func close() { line?.close() }

    func lineOpened() {
        machine.connectionOpened(to: relay)
        drain()
    }

    func lineReceived(_ text: [UInt8]) {
        machine.receive(text, at: Load.wallClock())
        while let event = machine.nextEvent() {
            switch event {
            case .present(let there) where there == name: load.isThere()
            case .identified, .registered: break
            case .present, .person, .presence, .elsewhere, .refused, .unavailable, .asked, .called, .answered, .hungUp, .replaced:
                load.fail("one who is there saw \(event)", nil)
            }
        }
        drain()
    }

    func lineClosed() {
        line = nil
        load.lost("the connection of one who is there was closed")
    }

    private func drain() {
        var texts: [[UInt8]] = []
        while let text = machine.nextMessage() { texts.append(text) }
        line?.send(texts)
    }
}
