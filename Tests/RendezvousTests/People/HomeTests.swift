import NetPrimitives
@testable import Rendezvous
import Testing

/// Several nodes and one directory: whose home is where, and who is told.
@Suite("Homes in a fleet")
struct HomeTests {
    typealias Stage = ContactStage
    static let nodes = (1...3).map { RelayURL("https://n\($0).relay.example.org")! }

    /// A name that is at home at the first node.
    static func nameAtHome(_ index: Int = 0, _ fleet: [RelayURL] = nodes) -> PersonName {
        let view = FleetView(here: fleet[0], others: fleet)
        return (0..<1000).lazy.map { PersonName("name\($0)")! }.first { view.home(of: $0) == fleet[index] }!
    }

    @Test("names are registered and looked up anywhere, and present at home alone")
    func home() throws {
        var stage = Stage(nodes: Self.nodes)
        let name = Self.nameAtHome(1)
        let away = stage.person(1, at: Self.nodes[0])
        stage.change(away) { $0.register(name) }
        stage.change(away) { $0.present(name, allow: [Stage.identity(2).key], strangers: false) }
        #expect(stage.news(away) == [.identified, .registered(name), .elsewhere(Self.nodes[1], for: .present(name))])
        let home = stage.reconnect(away, to: Self.nodes[1])
        #expect(stage.news(home) == [.identified, .present(name)])
        let asker = stage.person(2, at: Self.nodes[2])
        stage.change(asker) { $0.look(up: name) }
        #expect(stage.news(asker).last == .person(name, Stage.identity(1).key))
        stage.change(asker) { $0.askPresence(of: name) }
        #expect(stage.news(asker).last == .elsewhere(Self.nodes[1], for: .presence(name)))
        let call = stage.call(name.text, 1, Stage.ring(), by: asker)
        #expect(stage.news(asker).last == .elsewhere(Self.nodes[1], for: .call(call)))
        let there = stage.reconnect(asker, to: Self.nodes[1])
        stage.change(there) { $0.askPresence(of: name) }
        #expect(stage.news(there).last == .presence(name, Stage.identity(1).key))
    }

    @Test("a node that is not the home says the same whether somebody is there, is there for others, or has no such name")
    func sameAnswers() {
        let name = Self.nameAtHome(1)
        let key = Stage.identity(1).key
        for question in [
            .presence(name), .call(ContactMessageTests.call, name, key, .ring, payload: "x"),
            .call(ContactMessageTests.call, name, key, .request, payload: "x"),
        ] as [PersonMessage] {
            var answers: Set<[String]> = []
            for situation in 0..<3 {
                // Somebody who was at home here when the fleet was another.
                var stage = Stage(nodes: [Self.nodes[0]])
                if situation > 0 { _ = stage.present(1, as: name.text, allow: situation == 1 ? [3] : [], strangers: true, at: Self.nodes[0]) }
                stage.nodes[Self.nodes[0]]?.setFleet(FleetView(here: Self.nodes[0], others: Self.nodes))
                let asker = stage.person(2, at: Self.nodes[0])
                _ = stage.words(asker)
                stage.say(question, from: asker)
                answers.insert(stage.words(asker))
            }
            #expect(answers.count == 1, "\(question): \(answers)")
        }
    }

    @Test("when the fleet changes who is at home elsewhere is told to go there, little by little, and stays until then")
    func moves() {
        var configuration = SwitchboardConfiguration()
        configuration.movesPerSecond = 2
        configuration.newNamesPerHour = 100
        var stage = Stage(nodes: [Self.nodes[0]], configuration: configuration)
        let names = (0..<30).map { PersonName("name\($0)")! }
        let people = names.enumerated().map { index, name in
            stage.present(UInt8(index + 1), as: name.text, allow: [100], at: Self.nodes[0])
        }
        for id in people { _ = stage.news(id) }
        let view = FleetView(here: Self.nodes[0], others: Self.nodes)
        let movers = names.count { view.home(of: $0) != Self.nodes[0] }
        #expect(movers > 10)
        stage.nodes[Self.nodes[0]]?.setFleet(view)
        stage.advance(seconds: 1)
        #expect(people.flatMap { stage.news($0) }.count == 2)
        let friend = stage.person(100, at: Self.nodes[0])
        for name in names { stage.change(friend) { $0.askPresence(of: name) } }
        #expect(stage.news(friend).count == 31)
        #expect(!stage.heard[friend]!.contains { $0.contains("elsewhere") })
        stage.advance(seconds: movers)
        for (index, id) in people.enumerated() {
            let home = view.home(of: names[index])
            let told = stage.events[id]?.contains(.elsewhere(home, for: .present(names[index]))) ?? false
            if told { #expect(home != Self.nodes[0]) }
        }
        #expect(stage.nodes[Self.nodes[0]]?.counters.moved == UInt64(movers))
    }

    @Test("who comes while the fleet changes is told to go where their home is by then")
    func comesMeanwhile() {
        var stage = Stage(nodes: Self.nodes)
        let name = Self.nameAtHome(1)
        stage.nodes[Self.nodes[0]]?.setFleet(FleetView(here: Self.nodes[0]))
        let ann = stage.person(1, at: Self.nodes[0])
        stage.change(ann) { $0.register(name) }
        _ = stage.news(ann)
        stage.storeIsAway = true
        stage.change(ann) { $0.present(name, allow: [], strangers: false) }
        stage.nodes[Self.nodes[0]]?.setFleet(FleetView(here: Self.nodes[0], others: Self.nodes))
        stage.storeIsAway = false
        stage.run()
        #expect(stage.news(ann) == [.present(name)])
        stage.advance(seconds: 1)
        #expect(stage.news(ann) == [.elsewhere(Self.nodes[1], for: .present(name))])
        #expect(stage.nodes[Self.nodes[0]]?.moverCount == 0)
    }

    @Test("a node that drains sends everybody to the nodes that stay, and newcomers at once")
    func draining() {
        var stage = Stage(nodes: Self.nodes)
        let name = Self.nameAtHome(0)
        let ann = stage.present(1, as: name.text, allow: [2], at: Self.nodes[0])
        _ = stage.news(ann)
        stage.nodes[Self.nodes[0]]?.beginDraining()
        stage.advance(seconds: 1)
        let home = FleetView(here: Self.nodes[1], others: [Self.nodes[2]]).home(of: name)
        #expect(stage.news(ann) == [.elsewhere(home, for: .present(name))])
        let asker = stage.person(2, at: Self.nodes[0])
        stage.change(asker) { $0.askPresence(of: name) }
        #expect(stage.news(asker).last == .presence(name, Stage.identity(1).key))
        stage.disconnect(ann)
        stage.change(asker) { $0.askPresence(of: name) }
        #expect(stage.news(asker).last == .elsewhere(home, for: .presence(name)))
    }

    @Test("who tries for hours to be at a relay and says the name each time has said it once")
    func registersOnce() {
        var client = PersonClient(identity: Stage.identity(1), random: SeededRandom(seed: 1))
        let (ann, bob) = (Stage.name("ann"), Stage.name("bob"))
        for _ in 0..<5000 { client.register(ann) }
        client.register(bob)
        #expect(client.waiting == [.register(ann), .register(bob)])
        let time = UnixTime(seconds: 1_795_000_000)
        client.connectionOpened(to: Self.nodes[0])
        client.receive(SwitchboardMessage.challenge(ContactMessageTests.nonce).text, at: time)
        client.receive(SwitchboardMessage.identified.text, at: time)
        client.register(ann)
        #expect(client.waiting.isEmpty && client.unanswered == [.register(ann), .register(bob)])
        client.receive(SwitchboardMessage.registered(ann).text, at: time)
        client.register(ann)
        #expect(client.unanswered == [.register(bob), .register(ann)], "what was answered can be asked again")
    }

    /// What somebody hears who connects to `relay`, and is sent to `url` by it.
    private func events(_ client: inout PersonClient, _ name: PersonName, to url: RelayURL, from relay: RelayURL) -> [PersonClient.Event] {
        let time = UnixTime(seconds: 1_795_000_000)
        client.connectionClosed()
        client.connectionOpened(to: relay)
        client.receive(SwitchboardMessage.challenge(ContactMessageTests.nonce).text, at: time)
        client.receive(SwitchboardMessage.identified.text, at: time)
        client.receive(SwitchboardMessage.elsewhere(url, for: .present(name)).text, at: time)
        var events: [PersonClient.Event] = []
        while let event = client.nextEvent() { events.append(event) }
        return events
    }

    @Test("who is sent to a node that does not answer, and asks another one, is not sent in circles however often that is so")
    func deadHome() {
        var client = PersonClient(identity: Stage.identity(1), random: SeededRandom(seed: 1))
        let name = PersonName("ann")!
        client.present(name, allow: [], strangers: false)
        for _ in 0..<20 {
            let events = events(&client, name, to: Self.nodes[0], from: Self.nodes[1])
            #expect(events == [.identified, .elsewhere(Self.nodes[0], for: .present(name))])
        }
    }

    @Test("a relay that sends people in circles is followed four times, and never from TLS to none")
    func circles() {
        var client = PersonClient(identity: Stage.identity(1), random: SeededRandom(seed: 1))
        let name = PersonName("ann")!
        client.present(name, allow: [], strangers: false)
        func events(_ url: RelayURL, from relay: RelayURL) -> [PersonClient.Event] { self.events(&client, name, to: url, from: relay) }
        for round in 0..<4 {
            let (one, other) = (Self.nodes[round % 2], Self.nodes[1 - round % 2])
            #expect(events(one, from: other) == [.identified, .elsewhere(one, for: .present(name))])
        }
        #expect(events(Self.nodes[0], from: Self.nodes[1]) == [.identified, .refused(.busy, of: .present(name))])
        client.connectionClosed()
        client.redirects.arrive()
        let plain = RelayURL("http://n1.relay.example.org")!
        #expect(events(plain, from: Self.nodes[1]) == [.identified, .refused(.busy, of: .present(name))])
    }
}
