import NetPrimitives
import PortMapping
import Synchronization

/// A router that answers from a script, and remembers what it was asked.
final class FakeGateway: Gateway, Sendable {
    private struct Diary {
        var asks: [Ask] = []
        var released: [UInt16] = []
    }

    let method = MappingMethod.upnp
    let internalAddress = TransportAddress(ip: .v4(0xC0A8_010A), port: 5000)
    let router: String? = "a fake"
    private let diary = Mutex(Diary())
    private let script: Mutex<[Answer]>
    private let absent: MappingFailure?
    private let whenFound: @Sendable () -> Void
    private let whenReleased: @Sendable () -> Void

    init(
        _ script: [Answer], absent: MappingFailure? = nil, whenFound: @escaping @Sendable () -> Void = {},
        whenReleased: @escaping @Sendable () -> Void = {}
    ) {
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
        return script.withLock { $0.isEmpty ? .failed(.noRouter) : $0.removeFirst() }
    }

    func release(externalPort: UInt16) {
        diary.withLock { $0.released.append(externalPort) }
        whenReleased()
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
