public import NetPrimitives

/// The bounds of a relay's switchboard, of which every table has one, and who may have a name there.
public struct SwitchboardConfiguration: Hashable, Sendable {
    /// Connections at once, and of one source. An office behind one address has many people in it.
    public var maximumConnections = 12_000
    public var maximumConnectionsPerSource = 256
    /// Names in the directory.
    public var maximumPeople = 1_000_000
    /// New names that one source may register: a household needs few, an office is told to its relay.
    public var newNamesPerHour = 20
    /// A proof costs a tenth of a millisecond, and an office comes back at once when its router has restarted.
    public var identificationsPerMinute = 240
    /// Whose name it is, and coming to be present.
    public var looksPerMinute = 240
    /// Asking who is there costs least, and whoever lists contacts asks for all of them.
    public var presencesPerMinute = 1200
    public var callsPerMinute = 60
    /// Calls that one connection has opened and not ended.
    public var maximumOutgoingCalls = 16
    /// Calls of contacts, and of strangers, that ring at one connection: neither keeps the other out.
    public var maximumIncomingCalls = 8
    public var maximumIncomingRequests = 4
    /// Of these, by one caller.
    public var maximumIncomingCallsOfOneCaller = 2
    /// Letters back to the caller within one call.
    public var maximumAnswers = 8
    /// Sources whose rates are remembered.
    public var maximumSources = 16_384
    /// The networks that may register names; nil: everybody may. Who has a name keeps it.
    public var registrars: [CIDRBlock]?
    /// Who has not proven a key is closed, and who is not present and has no call.
    public var proofTimeout: Duration = .seconds(30)
    public var idleTimeout: Duration = .seconds(120)
    /// How long a call may ring. A person comes back from another room; a letter is good for ten minutes.
    public var callTimeout: Duration = .seconds(180)
    /// A request waits for longer, and its caller learns nothing from its end.
    public var requestTimeout: Duration = .seconds(600)
    /// Who asks the store waits no longer.
    public var storeTimeout: Duration = .seconds(5)
    /// Messages, and bytes of them, that wait behind a question to the store.
    public var maximumWaitingMessages = 64
    public var maximumWaitingBytes = 128 * 1024
    /// Clients that are told in a second to go to another node, so that they do not all come there at once.
    public var movesPerSecond = 1000

    public init() {}

    /// Whether somebody from there may register a name.
    func letsRegister(_ address: IPAddress) -> Bool { registrars.map { $0.contains { $0.contains(address) } } ?? true }
}
