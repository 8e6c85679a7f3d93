public import NIOCore
public import Rendezvous
public import Session

/// Asking somebody by their address to become a contact: `ra-connect contacts add NAME@RELAY`.
public actor RequestFlow: AssistanceFlow {
    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let address: PersonAddress
    private let message: String?
    private let wanted: PersonAddress
    private let desk: ContactDesk
    private let file: ContactBookFile
    private let printer: EventPrinter
    private var call: Int?
    private var key: PersonKey?
    private var timer: Scheduled<Void>?
    public var end = FlowEnd()

    /// A request may be thought about for five minutes there.
    private static let patience = TimeAmount.seconds(315)

    /// - Parameter wanted: where this person is to be rung, if they have no name yet.
    public init(
        to address: PersonAddress, message: String?, own wanted: PersonAddress, proxy: ProxyRule?, identity: PersonIdentity,
        file: ContactBookFile = ContactBookFile(), printer: EventPrinter, loop: any EventLoop
    ) {
        self.address = address
        self.message = message
        self.wanted = wanted
        self.file = file
        self.printer = printer
        self.loop = loop
        desk = ContactDesk(identity: identity, proxy: proxy, loop: loop)
    }

    public func begin() async throws {
        let own = try await desk.own(wanted, in: file)
        guard address != own else { throw FlowError(.error, "\(address) is your own address.") }
        guard let key = try await desk.look(up: address) else {
            throw FlowError(.error, "Nobody is called \(address.name) at \(address.relay). Ask them how “ra-connect contacts list” calls them.")
        }
        do {
            let book = try file.read()
            if let known = book.contact(with: key), known.address != address {
                throw ContactBook.Refusal.knownKey(address, as: known.address)
            }
            if let known = book.contact(at: address) {
                guard known.key == key else { throw ContactBook.Refusal.changedKey(address, known: known.key, now: key) }
                // They may have forgotten us: to be asked again is how they find out.
                printer.note("\(address) is one of your contacts already; asking them nevertheless.")
            }
        } catch { throw FlowError(.error, "\(error)") }
        guard !isOver else { return }
        self.key = key
        printer.print(.contact(.calling(.request, to: "\(address)")))
        printer.note("The relay knows this fingerprint of theirs: \(key.fingerprint)\nAsk them by telephone whether it is the right one.")
        let request = ContactRequest(from: own, message: message)
        call = try await desk.call(Person(name: address.name, key: key), at: address.relay, .request(request)) { news in
            self.assumeIsolated { $0.heard(news) }
        }
        startTimer()
    }

    private func startTimer() {
        timer = loop.assumeIsolated().scheduleTask(in: Self.patience) {
            self.assumeIsolated { $0.finish(.timeout, "\($0.address) has not answered.") }
        }
    }

    private func heard(_ news: CallNews) {
        guard !isOver, let key else { return }
        switch news {
        case .asked: printer.note("Asked, if they are there. Waiting for their yes; Ctrl-C gives up.")
        case .card(let card):
            guard card == address else { return finish(.error, "\(address) answers as \(card). Nothing was written down.") }
            do {
                try file.change { try $0.add(Contact(address: address, key: key, since: .now())) }
                printer.print(.contact(.added("\(address)", fingerprint: key.fingerprint)))
                finish(.finished, "")
            } catch {
                finish(.error, "\(error)")
            }
        case .declined: finish(.declined, "\(address) has said no.")
        case .unavailable, .ended: finish(.timeout, "\(address) has not answered.")
        case .ringing, .accepted, .invitation: break  // no answers to a request
        }
    }

    public func perform(line: String) {
        if ["stop", "quit", "exit"].contains(line.trimmed.lowercased()) { finish(.finished, "") }
    }

    public func finish(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        printer.print(.ended(reason, detail: detail))
        end.conclude(reason)
    }

    public func cleanUp() async {
        timer?.cancel()
        if let call { await desk.hangUp(call) }
        await desk.close()
    }
}
