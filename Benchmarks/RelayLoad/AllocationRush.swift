import CLinuxNet
import Glibc
import HostNetwork
import NetPrimitives
import STUN
import TURN

/// Many clients that allocate at once: each is refused first, as it has no nonce yet, then allocates, then may bind a
/// channel. So many of them wait for an answer at a time.
struct AllocationRush {
    /// After such a silence requests are repeated; a server that takes longer for one is not worth measuring.
    private static let silence = Duration.milliseconds(500)
    private static let patience = Duration.seconds(30)

    private enum Step { case unproven, allocating, binding, finished }

    private struct Client {
        let descriptor: Int32
        var step = Step.unproven
        var request: [UInt8] = []
        var transaction: TransactionID
        var nonce: Nonce?
    }

    private let scene: Scene
    private let withChannels: Bool
    private let epoll: Int32
    private var clients: [Client]
    private var started = 0
    private var realm: Realm?
    private var key: IntegrityKey?
    private var random = SystemRandomNumberGenerator()
    private var buffer = [UInt8](repeating: 0, count: 2048)
    /// Requests that were sent again: of a run that counts, none.
    private(set) var repeated = 0

    init(count: Int, scene: Scene, withChannels: Bool) throws {
        self.scene = scene
        self.withChannels = withChannels
        epoll = ra_epoll_create()
        clients = []
        clients.reserveCapacity(count)
        for number in 0..<count {
            let descriptor = try LoadSocket.udp(bind: scene.client(number), connect: scene.server)
            guard ra_epoll_add(epoll, descriptor, UInt64(number)) == 0 else { throw LoadError.system("epoll_ctl") }
            clients.append(Client(descriptor: descriptor, transaction: TransactionID(using: &random)))
        }
    }

    /// Makes the next `count` allocations.
    mutating func make(_ count: Int, outstanding: Int) throws {
        let end = started + count
        var finished = 0
        var waiting = 0
        var tags = [UInt64](repeating: 0, count: Int(RA_MAXIMUM_EVENTS))
        let deadline = MonotonicClock.now() + Self.patience
        var lastAnswer = MonotonicClock.now()
        while finished < count {
            while waiting < outstanding, started < end {
                request(started)
                started += 1
                waiting += 1
            }
            let ready = Int(ra_epoll_wait(epoll, &tags, 100))
            let now = MonotonicClock.now()
            guard now < deadline else { throw LoadError("\(count - finished) allocations of \(count) take too long") }
            if ready > 0 {
                lastAnswer = now
            } else if now - lastAnswer > Self.silence {
                for number in 0..<started where clients[number].step != .finished { repeatRequest(number) }
                lastAnswer = now
            }
            for index in 0..<max(ready, 0) where try takeAnswer(Int(tags[index])) {
                finished += 1
                waiting -= 1
            }
        }
    }

    private mutating func request(_ number: Int) {
        let transaction = TransactionID(using: &random)
        var builder: MessageBuilder
        switch clients[number].step {
        case .unproven, .allocating, .finished:
            builder = MessageBuilder(.request, .allocate, transactionID: transaction)
            builder.add(RequestedTransport(.udp))
        case .binding:
            builder = MessageBuilder(.request, .channelBind, transactionID: transaction)
            if let channel = ChannelNumber(rawValue: ChannelNumber.preferred.lowerBound) { builder.add(channel) }
            builder.add(XORPeerAddress(scene.peer(number)))
        }
        if let nonce = clients[number].nonce, let realm {
            builder.add(Username(scene.username))
            builder.add(realm)
            builder.add(nonce)
        }
        clients[number].transaction = transaction
        clients[number].request = builder.finish(key: clients[number].nonce == nil ? nil : key)
        send(number)
    }

    private func send(_ number: Int) {
        let request = clients[number].request
        _ = Glibc.send(clients[number].descriptor, request, request.count, Int32(MSG_DONTWAIT))
    }

    private mutating func repeatRequest(_ number: Int) {
        repeated += 1
        send(number)
    }

    /// Whether the client is finished now.
    private mutating func takeAnswer(_ number: Int) throws -> Bool {
        let count = recv(clients[number].descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0, let answer = try? Message(decoding: Array(buffer[..<count])),
            answer.transactionID == clients[number].transaction, clients[number].step != .finished
        else { return false }
        switch (answer.messageClass, clients[number].step) {
        case (.errorResponse, .unproven):
            guard let realm = answer[Realm.self], let nonce = answer[Nonce.self] else {
                throw LoadError("an answer without a challenge")
            }
            if self.realm == nil {
                self.realm = realm
                key = .longTerm(username: scene.username, realm: realm.text, password: scene.password)
            }
            clients[number].nonce = nonce
            clients[number].step = .allocating
            request(number)
            return false
        case (.successResponse, .allocating) where withChannels:
            clients[number].step = .binding
            request(number)
            return false
        case (.successResponse, .allocating), (.successResponse, .binding):
            clients[number].step = .finished
            clients[number].request = []
            return true
        default:
            throw LoadError("allocation \(number): \(answer[ErrorCode.self].map { "\($0)" } ?? "no answer to it")")
        }
    }
}
