public import NIOCore
public import Policy
public import Rendezvous
import Session

/// Becoming contacts in the middle of a session: each side says so with a line, and gives its card. Who says nothing gives nothing, and
/// until both have said so nobody is written down.
public actor SessionContacts {
    /// What a person needs for it.
    public struct Setup: Sendable {
        let own: PersonAddress
        let proxy: ProxyRule?
        let policy: Policy

        /// - Parameters:
        ///   - own: where this person is to be rung, if they have no name yet.
        ///   - policy: at which relays names may be asked for.
        public init(own: PersonAddress, proxy: ProxyRule?, policy: Policy) {
            self.own = own
            self.proxy = proxy
            self.policy = policy
        }
    }

    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let setup: Setup
    private let file: ContactBookFile
    private let printer: EventPrinter
    /// Brings our card to the other side; false when the relay takes nothing now.
    private let give: @Sendable (PersonIdentity, PersonCard) -> Bool
    private var desk: ContactDesk?
    private var own: PersonAddress?
    private var theirs: (address: PersonAddress, key: PersonKey)?
    private var isGiving = false
    private var hasGiven = false
    private var isSettling = false

    init(
        _ setup: Setup, file: ContactBookFile = ContactBookFile(), printer: EventPrinter, loop: any EventLoop,
        give: @escaping @Sendable (PersonIdentity, PersonCard) -> Bool
    ) {
        self.setup = setup
        self.file = file
        self.printer = printer
        self.loop = loop
        self.give = give
    }

    /// The person wants the other side to be a contact.
    func want() {
        guard !isGiving else { return printer.complain("You have said so already.") }
        isGiving = true
        Task { await self.giveCard() }
    }

    /// The other side wants to be one, as whom it says.
    func take(_ card: PersonCard) {
        // One without a proof is nobody's, and the first one holds.
        guard theirs == nil, let key = card.key else { return }
        guard (try? file.read().contact(with: key)) ?? nil == nil else {
            theirs = (card.address, key)
            return printer.note("Whoever is in this session is one of your contacts already.")
        }
        theirs = (card.address, key)
        if hasGiven {
            Task { await self.settle() }
        } else {
            printer.print(.contact(.wanted("\(card.address)", fingerprint: key.fingerprint)))
        }
    }

    func end() async { await desk?.close() }

    private func giveCard() async {
        do {
            let identity = try IdentityFile().loadOrMake()
            let desk = desk ?? ContactDesk(identity: identity, proxy: setup.proxy, loop: loop)
            self.desk = desk
            let own = try await desk.own(setup.own, in: file)
            self.own = own
            guard give(identity, PersonCard(own)) else {
                throw FlowError(.error, "The relay is away for the moment: try again in a minute.")
            }
            hasGiven = true
        } catch {
            isGiving = false
            return printer.complain((error as? FlowError)?.detail ?? "\(error)")
        }
        guard theirs != nil else {
            return printer.note("Asked. You are contacts as soon as the other side types “contact” as well.")
        }
        await settle()
    }

    /// Both have said so: the other side is written down, when the relay of its name says that it is theirs.
    private func settle() async {
        guard !isSettling, let desk, let (address, key) = theirs else { return }
        isSettling = true
        do throws(FlowError) { try await desk.admit(address, key, own: own, under: setup.policy, in: file) } catch {
            return printer.complain(error.detail)
        }
        printer.print(.contact(.added("\(address)", fingerprint: key.fingerprint)))
    }
}
