import ArgumentParser
import NetPrimitives

/// A fleet of relays and its people in virtual time: the switchboards and the people's clients are the real machines, network, store
/// and processors are numbers. `Benchmarks/fleet` runs it; one seed, one result.
@main
struct FleetSimulation: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Registers, is present, asks, calls, and loses a node.")

    @Option(help: "Nodes.") var nodes = 3
    @Option(help: "People who are present.") var people = 10_000
    @Option(help: "Contacts of each; an even number.") var contacts = 20
    @Option(help: "Seconds in which everybody comes.") var arrival = 120.0
    @Option(help: "Seconds between that and a node's death.") var steady = 120.0
    @Option(help: "How often a person lists the contacts, per hour.") var lists = 1.0
    @Option(help: "How often a person calls a contact, per hour.") var calls = 0.5
    @Option(help: "Milliseconds of a core for a connection: TCP, TLS, WebSocket.") var connectionCost = 1.5
    @Option(help: "Milliseconds of a core for a message in, with what it brings out.") var messageCost = 0.1
    @Option(help: "Cores of a node.") var cores = 2
    @Option(
        help: "Seconds within which clients see that a connection is dead: 0, as when a process dies; 6 for a host that vanishes, 70 behind a proxy."
    )
    var silence = 0.0
    @Option(help: "Seconds that a client waits at most before it tries again.") var longestDelay = 5.0
    @Option(help: "The same, after a node that lives has sent it to one that does not.") var longestDelayWhenSent = 1.0
    @Option(help: "Seconds within which those whose connection is lost try again.") var jitter = 2.0
    @Option(help: "Seconds between two heartbeats of a node, at which it also reads the others'.") var heartbeat = 1.0
    @Option(help: "Seconds without one after which it counts as dead.") var deadAfter = 3.0
    @Option(help: "Of all randomness.") var seed: UInt64 = 1

    func validate() throws {
        guard (2...1000).contains(nodes), (10...1_000_000).contains(people), contacts.isMultiple(of: 2), (0...500).contains(contacts),
            contacts < people, arrival > 0, steady > 0, lists >= 0, calls >= 0, cores > 0, silence >= 0, longestDelay > 0
        else { throw ValidationError("That is no fleet.") }
    }

    func run() throws {
        var plan = Plan()
        (plan.nodes, plan.people, plan.contacts) = (nodes, people, contacts)
        (plan.arrival, plan.steady) = (.seconds(arrival), .seconds(steady))
        (plan.listsPerHour, plan.callsPerHour) = (lists, calls)
        plan.connectionCost = .milliseconds(connectionCost) / cores
        plan.messageCost = .milliseconds(messageCost) / cores
        (plan.silence, plan.longestDelay, plan.seed) = (.seconds(silence), .seconds(longestDelay), seed)
        (plan.longestDelayWhenSent, plan.jitter) = (.seconds(longestDelayWhenSent), .seconds(jitter))
        (plan.heartbeat, plan.deadAfter) = (.seconds(heartbeat), .seconds(deadAfter))
        let memory = PresentMemory.bytes(people: 8192, contacts: contacts, seed: seed)
        let world = World(plan)
        guard case .members(let members) = try world.run() else { throw World.Wrong() }
        print(OrderedJSON.members(members + [("bytes_of_one_present", memory.map { .number(Int($0)) } ?? .null)]).text)
        guard world.complaints.isEmpty else {
            print(OrderedJSON.object(["wrong": .array(world.complaints.prefix(10).map { .string($0) })]).text)
            throw ExitCode(1)
        }
    }
}

/// What is simulated.
struct Plan: Sendable {
    var nodes = 3
    var people = 1000
    var contacts = 20
    var arrival = Duration.seconds(60)
    var steady = Duration.seconds(60)
    var listsPerHour = 1.0
    var callsPerHour = 0.5
    var connectionCost = Duration.microseconds(750)
    var messageCost = Duration.microseconds(50)
    var silence = Duration.zero
    var longestDelay = Duration.seconds(5)
    var seed: UInt64 = 1

    /// See `PresenceSchedule` of `ra-connect`.
    var longestDelayWhenSent = Duration.seconds(1)
    var jitter = Duration.seconds(2)
    static let shortestPause = Duration.milliseconds(250)
    /// A node says so often that it lives, and reads which others do; it counts as dead after so long.
    var heartbeat = Duration.seconds(1)
    var deadAfter = Duration.seconds(3)
    /// How long a client that knows other nodes waits for one to answer.
    static let patience = Duration.seconds(2)
    /// And how long it waits before it asks the next one meanwhile.
    static let stagger = Duration.seconds(1)
    /// A question to the store and its answer.
    static let storeTime = Duration.milliseconds(3)
}
