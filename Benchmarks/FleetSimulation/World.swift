import NetPrimitives
import Rendezvous

/// The fleet, its people, and what is measured.
final class World {
    struct Wrong: Error {}

    let plan: Plan
    let agenda = Agenda()
    var random: Random
    private(set) var nodes: [Node] = []
    private(set) var people: [Listener] = []
    private var identities: [PersonIdentity] = []
    private var directory = InMemoryPeopleStore()
    /// What is not as it must be.
    private(set) var complaints: [String] = []
    private var returns: [Duration] = []
    private var lost: Set<Int> = []
    private var callTimes: [Duration] = []
    private var answers = (visible: 0, invisible: 0, missed: 0)
    private var visits = (done: 0, failed: 0)
    private var unavailableCalls = 0
    private var isSteady = false

    init(_ plan: Plan) {
        self.plan = plan
        random = Random(plan.seed)
    }

    var wallClock: UnixTime { UnixTime(seconds: 1_795_000_000 + UInt64(agenda.now.nanoseconds / 1_000_000_000)) }

    // MARK: The story

    func run() throws -> OrderedJSON {
        let urls = try (1...plan.nodes).map { number in
            guard let url = RelayURL("https://n\(number).example.org") else { throw Wrong() }
            return url
        }
        nodes = urls.map { Node($0, self, all: urls, seed: random.next()) }
        for node in nodes {
            agenda.after(random.duration(upTo: plan.heartbeat)) { node.beat() }
            agenda.after(random.duration(upTo: .seconds(1))) { node.sweep() }
        }
        for number in 0..<plan.people {
            guard let name = PersonName("person-\(number)") else { throw Wrong() }
            let identity = PersonIdentity(using: &random)
            identities.append(identity)
            people.append(Listener(number, Person(name: name, key: identity.key), identity, self))
        }
        for person in people { agenda.after(.seconds(3) + random.duration(upTo: plan.arrival)) { person.begin() } }
        let arrived = Instant.zero + .seconds(3) + plan.arrival + .seconds(10)
        agenda.run(until: arrived)
        check("after everybody's coming")
        let arrivals = returns
        // What people do.
        isSteady = true
        for person in people {
            plan(person, perHour: plan.listsPerHour, list)
            plan(person, perHour: plan.callsPerHour, call)
        }
        let death = arrived + plan.steady
        agenda.run(until: death)
        deadSince = death
        let steadyRate = rate(from: arrived, to: death)
        check("before the death")
        // A node dies, and nobody asks for anything meanwhile, so that its people alone are measured.
        isSteady = false
        returns = []
        let stayed = people.filter { $0.place != nodes[0].url }
        let placesBefore = stayed.map(\.place)
        let lostCount = people.count - stayed.count
        nodes[0].die()
        agenda.run(until: death + plan.silence + .seconds(90))
        check("after the death")
        if stayed.map(\.place) != placesBefore { complain("the death of one node has moved people of another") }
        if nodes.contains(where: { $0.counters.moved > 0 }) { complain("a node has sent people away who are at home there") }
        if returns.count < lostCount { complain("\(lostCount - returns.count) of \(lostCount) have not come back") }
        return report(arrivals: arrivals, steadyRate: steadyRate, arrived: arrived, death: death, lostCount: lostCount)
    }

    private func plan(_ person: Listener, perHour rate: Double, _ act: @escaping (Listener) -> Void) {
        guard rate > 0 else { return }
        agenda.after(random.wait(perHour: rate)) { [self] in
            guard isSteady else { return }
            act(person)
            plan(person, perHour: rate, act)
        }
    }

    private func list(_ person: Listener) {
        let contacts = contacts(of: person.number)
        var stranger = Int.random(in: 0..<people.count, using: &random)
        while stranger == person.number || contacts.contains(stranger) { stranger = (stranger + 1) % people.count }
        Visitor(of: person, identities[person.number], self).list(contacts.map { people[$0] }, people[stranger])
    }

    private func call(_ person: Listener) {
        guard let callee = contacts(of: person.number).randomElement(using: &random) else { return }
        Visitor(of: person, identities[person.number], self).call(people[callee].person)
    }

    // MARK: What everybody asks

    /// Both know each other: whose numbers are next to one's own.
    func contacts(of number: Int) -> [Int] {
        guard plan.contacts > 0 else { return [] }
        return (1...plan.contacts / 2).flatMap { [(number + $0) % plan.people, (number + plan.people - $0) % plan.people] }
    }

    func node(_ url: RelayURL) -> Node? { nodes.first { $0.url == url } }

    /// As a client picks one from the list that it has: it does not know which of them live.
    func anyNode(but avoided: RelayURL?, _ random: inout Random) -> Node {
        let choice = nodes.filter { $0.url != avoided }
        return choice[Int.random(in: 0..<choice.count, using: &random)]
    }

    /// By the store's table of heartbeats.
    func livingNodes() -> [RelayURL] { nodes.filter { agenda.now - $0.lastHeartbeat < plan.deadAfter }.map(\.url) }

    func ask(_ request: PeopleRequest) -> PeopleAnswer? { try? request.perform(in: &directory) }

    // MARK: What they tell

    func complain(_ what: String) { complaints.append("at \(agenda.now.nanoseconds / 1_000_000) ms: \(what)") }
    /// Since when one node is dead; nil before.
    private(set) var deadSince: Instant?

    func left(_ person: Listener) { lost.insert(person.number) }

    func arrived(_ person: Listener, after time: Duration) {
        lost.remove(person.number)
        returns.append(time)
    }

    func answered(_ name: PersonName, _ key: PersonKey?, expected: PersonKey?) {
        switch (key, expected) {
        case (let key?, let expected?) where key == expected: answers.visible += 1
        case (nil, nil): answers.invisible += 1
        case (nil, _?): answers.missed += 1
        case (_?, _): complain("\(name) was shown to a stranger, or with another key")
        }
    }

    func reached(_ callee: Person, after time: Duration) { callTimes.append(time) }
    func unavailable() { unavailableCalls += 1 }
    func visited(ok: Bool) { if ok { visits.done += 1 } else { visits.failed += 1 } }

    // MARK: What is measured

    /// Everybody is where the living nodes say that they are at home, and nowhere else.
    private func check(_ when: String) {
        let living = nodes.filter(\.isAlive)
        guard let first = living.first else { return complain("nobody lives") }
        let view = FleetView(here: first.url, others: living.map(\.url))
        let lost = people.count { $0.place == nil }
        if lost > 0 { complain("\(lost) are not there \(when)") }
        let wrong = people.count { $0.place != nil && $0.place != view.home(of: $0.person.name) }
        if wrong > 0 { complain("\(wrong) are not at home \(when)") }
        let known = living.reduce(0) { $0 + $1.presentCount }
        if known != people.count - lost { complain("the nodes have \(known) of \(people.count - lost) \(when)") }
        if when == "before the death", answers.missed > 0 || visits.failed > 0 || unavailableCalls > 0 {
            complain("\(answers.missed) contacts were not seen, \(visits.failed) visits failed, \(unavailableCalls) calls reached nobody \(when)")
        }
    }

    private func rate(from begin: Instant, to end: Instant) -> (messages: Double, connections: Double) {
        let seconds = Int(begin.nanoseconds / 1_000_000_000)..<Int(end.nanoseconds / 1_000_000_000)
        func sum(_ counts: (Node) -> [Int: Int]) -> Double {
            nodes.reduce(0.0) { total, node in total + Double(seconds.reduce(0) { $0 + (counts(node)[$1] ?? 0) }) } / Double(max(1, seconds.count))
        }
        return (sum(\.messages), sum(\.connections))
    }

    private func report(
        arrivals: [Duration], steadyRate: (messages: Double, connections: Double), arrived: Instant, death: Instant, lostCount: Int
    ) -> OrderedJSON {
        let deathSecond = Int(death.nanoseconds / 1_000_000_000)
        func peak(_ counts: (Node) -> [Int: Int], _ range: (Int) -> Bool) -> Int {
            nodes.map { node in counts(node).filter { range($0.key) }.values.max() ?? 0 }.max() ?? 0
        }
        let shares = nodes.filter(\.isAlive).map(\.presentCount)
        return .object([
            "nodes": .number(plan.nodes), "people": .number(plan.people), "contacts": .number(plan.contacts),
            "coming": .object([
                "per_second": Self.number(Double(plan.people) / (plan.arrival / .seconds(1))), "took": Self.times(arrivals),
                "peak_messages_of_a_node": .number(peak(\.messages) { $0 < Int(arrived.nanoseconds / 1_000_000_000) }),
            ]),
            "steady": .object([
                "messages_per_second": Self.number(steadyRate.messages), "connections_per_second": Self.number(steadyRate.connections),
                "messages_per_second_of_1000_present": Self.number(steadyRate.messages * 1000 / Double(plan.people)),
                "contacts_seen": .number(answers.visible), "strangers_not_seen": .number(answers.invisible),
                "lists_and_calls": .number(visits.done), "call_to_answer": Self.times(callTimes),
            ]),
            "death": .object([
                "lost": .number(lostCount), "came_back": .number(returns.count), "took": Self.times(returns),
                "peak_connections_of_a_node": .number(peak(\.connections) { $0 >= deathSecond }),
                "peak_messages_of_a_node": .number(peak(\.messages) { $0 >= deathSecond }),
            ]),
            "longest_queue_ms": Self.number((nodes.map(\.longestQueue).max() ?? .zero) / .milliseconds(1)),
            "fullest_node_to_mean": Self.number(Double(shares.max() ?? 0) * Double(shares.count) / Double(max(1, shares.reduce(0, +)))),
        ])
    }

    private static func number(_ value: Double) -> OrderedJSON { .literal("\((value * 1000).rounded() / 1000)") }

    private static func times(_ durations: [Duration]) -> OrderedJSON {
        let sorted = durations.sorted()
        func quantile(_ share: Double) -> OrderedJSON {
            guard !sorted.isEmpty else { return .null }
            return number(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] / .seconds(1))
        }
        return .object(["p50_s": quantile(0.5), "p99_s": quantile(0.99), "longest_s": quantile(1)])
    }
}
