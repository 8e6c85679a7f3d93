import NetPrimitives
import PortMapping
import Synchronization

/// A router that answers from a script, and remembers what it was asked.
final class FakeGateway: Gateway, Sendable {
    private struct Diary {
        var asks: [Ask] = []
        var released: [UInt16] = []
    }

    let method: MappingMethod
    let internalAddress: TransportAddress
    let router: String? = "a fake"
    private let diary = Mutex(Diary())
    private let script: Mutex<[Answer]>
    private let absent: MappingFailure?
    private let whenFound: @Sendable () -> Void
    private let whenAsked: @Sendable () -> Void
    private let whenReleased: @Sendable () -> Void
    private let whenResting: @Sendable (Duration) -> Void
    private let whenChecked: @Sendable () -> Awakening
    private let outcome: Release

    init(
        _ script: [Answer], method: MappingMethod = .upnp, internal: String = "192.168.1.10:5000", absent: MappingFailure? = nil,
        releases outcome: Release = .closed, whenFound: @escaping @Sendable () -> Void = {},
        whenAsked: @escaping @Sendable () -> Void = {}, whenReleased: @escaping @Sendable () -> Void = {},
        whenResting: @escaping @Sendable (Duration) -> Void = { _ in },
        whenChecked: @escaping @Sendable () -> Awakening = { .rested }
    ) {
        self.whenChecked = whenChecked
        self.whenResting = whenResting
        self.method = method
        internalAddress = address(`internal`)
        self.outcome = outcome
        self.whenAsked = whenAsked
        self.script = Mutex(script)
        self.absent = absent
        self.whenFound = whenFound
        self.whenReleased = whenReleased
    }

    var asks: [Ask] { diary.withLock { $0.asks } }
    var released: [UInt16] { diary.withLock { $0.released } }

    func find() throws(MappingFailure) {
        whenFound()
        if let absent { throw absent }
    }

    func answer(to ask: Ask) -> Answer {
        diary.withLock { $0.asks.append(ask) }
        whenAsked()
        return script.withLock { $0.isEmpty ? .failed(.noRouter) : $0.removeFirst() }
    }

    func rest(for duration: Duration, _ bell: Bell) -> Awakening {
        whenResting(duration)
        bell.wait(for: duration)
        return .rested
    }

    func check(_ external: TransportAddress) -> Awakening { whenChecked() }

    func release(externalPort: UInt16) -> Release {
        diary.withLock { $0.released.append(externalPort) }
        whenReleased()
        return outcome
    }
}

/// SplitMix64: the same sequence for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func address(_ text: String) -> TransportAddress {
    TransportAddress(text) ?? TransportAddress(ip: .anyV4, port: 0)
}

func grant(_ text: String = "11.22.33.21:5000", for lifetime: Duration? = .seconds(600)) -> Answer {
    .granted(Grant(external: address(text), lifetime: lifetime))
}
