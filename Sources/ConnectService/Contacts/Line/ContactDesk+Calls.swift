import HostNetwork
import NIOCore
import NetPrimitives
import Rendezvous
import Session

/// What becomes of a call to somebody.
enum CallNews: Sendable {
    /// Passed on to whoever is there, if there is anybody: all that is said of a request.
    case asked
    /// Their program has told them.
    case ringing
    case accepted
    case declined
    /// What an offer is answered with.
    case invitation(Ring)
    /// What a request is answered with.
    case card(PersonAddress)
    /// Nobody takes the call, and why is not said; nothing follows.
    case unavailable
    /// The other side ended it, or the connection did; nothing follows.
    case ended
}

/// A call that this person has made.
struct OutgoingCall {
    let person: Person
    let letter: CallLetter
    /// Called on the desk's loop.
    let receive: @Sendable (CallNews) -> Void
    /// The relay that vouches for the person.
    let relay: RelayURL
    var redirects = Redirects()
    /// Since when it is tried again, as the node that it rang by is gone.
    var cutAt: Instant?
    /// Somebody has said yes or no to it.
    var isAnswered = false
    /// Where it was placed, and as what; nil before, and in between.
    var placed: (relay: RelayURL, id: CallID, line: ContactLine)?
}

extension ContactDesk {
    /// Calls somebody, at whichever node of their relay they are.
    ///
    /// - Parameter receive: called on `loop`, not before this has returned.
    /// - Returns: the number by which it is hung up.
    func call(
        _ person: Person, at relay: RelayURL, _ letter: CallLetter, receive: @escaping @Sendable (CallNews) -> Void
    ) async throws(FlowError) -> Int {
        let line = try await line(to: relay)
        let number = nextCallNumber()
        calls[number] = OutgoingCall(person: person, letter: letter, receive: receive, relay: relay)
        guard place(number, on: line, at: relay) else {
            calls[number] = nil
            throw FlowError(.error, "The message is too long.")
        }
        return number
    }

    /// The call is over, for a reason that is said where there is one.
    func hangUp(_ number: Int, saying letter: AnswerLetter? = nil) {
        guard let call = calls.removeValue(forKey: number), let placed = call.placed else { return }
        placed.line.assumeIsolated { line in line.perform { $0.hangUp(placed.id, saying: letter, at: .now()) } }
    }

    private func nextCallNumber() -> Int { (calls.keys.max() ?? 0) + 1 }

    /// False when no letter can be sealed to that key, or it is too long.
    private func place(_ number: Int, on line: ContactLine, at relay: RelayURL) -> Bool {
        guard let call = calls[number] else { return true }  // it was hung up meanwhile
        let id = line.assumeIsolated { line in line.perform { $0.call(call.person, call.letter, at: .now()) } }
        guard let id else { return false }
        calls[number]?.placed = (relay, id, line)
        return true
    }

    private func move(_ number: Int, to relay: RelayURL) async {
        do throws(FlowError) {
            let line = try await line(to: relay)
            if !place(number, on: line, at: relay) { end(number, .unavailable) }
        } catch {
            againOrEnd(number)
        }
    }

    // MARK: A node that dies while it rings

    /// In which whoever was called is at another node.
    private static let returnTime = Duration.seconds(10)
    private static let returnPause = TimeAmount.milliseconds(500)

    /// The connection of a call is lost. Whoever was called has lost theirs as well, as both were at that node: it rings again where
    /// they are by now.
    private func cut(_ number: Int) {
        guard let call = calls[number], !call.isAnswered, !isClosed, call.letter.kind != .request else { return end(number, .ended) }
        calls[number]?.cutAt = call.cutAt ?? MonotonicClock.now()
        againOrEnd(number)
    }

    /// Nobody takes the call: for one that was cut that may be so for a moment.
    private func againOrEnd(_ number: Int) {
        guard let cutAt = calls[number]?.cutAt, MonotonicClock.now() - cutAt < Self.returnTime else { return end(number, .unavailable) }
        calls[number]?.placed = nil
        calls[number]?.redirects = Redirects()
        loop.scheduleTask(in: Self.returnPause) {
            self.assumeIsolated { desk in
                guard let call = desk.calls[number], call.placed == nil else { return }
                Task { await desk.move(number, to: call.relay) }
            }
        }
    }

    private func end(_ number: Int, _ news: CallNews) { calls.removeValue(forKey: number)?.receive(news) }

    func handleCall(_ event: PersonClient.Event, from relay: RelayURL) {
        func number(_ id: CallID) -> Int? { calls.first { $1.placed?.relay == relay && $1.placed?.id == id }?.key }
        switch event {
        case .unavailable(let id): number(id).map { againOrEnd($0) }
        case .refused(_, of: .call(let id)): number(id).map { againOrEnd($0) }
        case .hungUp(let id, let letter):
            guard let number = number(id) else { return }
            if calls[number]?.placed?.line.assumeIsolated({ $0.place }) == nil { return cut(number) }
            end(number, letter == .declined ? .declined : .ended)
        case .asked(let id): number(id).flatMap { calls[$0] }?.receive(.asked)
        case .elsewhere(let url, for: .call(let id)):
            guard let number = number(id), let placed = calls[number]?.placed else { return }
            calls[number]?.placed = nil
            guard calls[number]?.redirects.follow(url, from: placed.relay) == true else { return againOrEnd(number) }
            Task { await self.move(number, to: url) }
        case .answered(let id, let letter):
            guard let number = number(id), let call = calls[number] else { return }
            switch letter {
            case .ringing, .taken: break
            case .accepted, .declined, .invitation, .card: calls[number]?.isAnswered = true
            }
            switch letter {
            case .ringing: call.receive(.ringing)
            case .accepted: call.receive(.accepted)
            case .declined:
                hangUp(number)
                call.receive(.declined)
            case .invitation(let ring): call.receive(.invitation(ring))
            case .card(let address): call.receive(.card(address))
            case .taken: break  // it is for us to say that
            }
        case .identified, .registered, .present, .person, .presence, .elsewhere, .refused, .called, .replaced: break
        }
    }
}
