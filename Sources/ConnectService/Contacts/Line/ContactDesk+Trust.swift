import Policy
import Rendezvous
import Session

// Whom this person takes for whom.
extension ContactDesk {
    /// Whether a contact is still who they were, as far as their relay knows.
    ///
    /// - Throws: a `FlowError` that says it loudly when another key stands for the name; nothing is sent to anybody then.
    func check(_ contact: Contact) async throws(FlowError) {
        if let refusal = try await changedKey(of: contact) { throw FlowError(.error, "\(refusal)") }
    }

    /// What is to be said loudly, when another key stands for the contact's name; nil when none does.
    ///
    /// - Throws: when their relay cannot be asked, or does not say.
    func changedKey(of contact: Contact) async throws(FlowError) -> ContactBook.Refusal? {
        guard let key = try await look(up: contact.address), key != contact.key else { return nil }
        return .changedKey(contact.address, known: contact.key, now: key)
    }

    /// The address at which this person is rung: the one that is written down, else the wanted one, which is registered.
    ///
    func own(_ wanted: PersonAddress, in file: ContactBookFile) async throws(FlowError) -> PersonAddress {
        do {
            if let own = try file.read().own { return own }
        } catch { throw FlowError(.error, "\(error)") }
        do throws(FlowError) { try await register(wanted) } catch {
            guard error.reason == .error else { throw error }
            throw FlowError(.error, "You cannot be \(wanted). \(error.detail) “ra-connect listen --name NAME” gives you another name.")
        }
        do { try file.change { $0.own = wanted } } catch { throw FlowError(.error, "\(error)") }
        return wanted
    }

    /// Writes down whoever has given a card in a meeting, when the relay of their name says that it is theirs.
    ///
    /// - Parameters:
    ///   - key: the one that they have proven there.
    ///   - own: this person's own address, which nobody else has.
    func admit(
        _ address: PersonAddress, _ key: PersonKey, own: PersonAddress?, under policy: Policy, in file: ContactBookFile
    ) async throws(FlowError) {
        guard address != own else { throw FlowError(.error, "\(address) is your own address.") }
        do { try policy.permitMeeting(at: address.relay) } catch {
            throw FlowError(.policy, "\(error) That is where the other side's name is. Nothing was written down.")
        }
        guard try await look(up: address) == key else {
            throw FlowError(.error, "The relay says that \(address) is somebody else. Nothing was written down.")
        }
        do { try file.change { try $0.add(Contact(address: address, key: key, since: .now())) } } catch {
            throw FlowError(.error, "\(error)")
        }
    }
}
