import Policy
import Rendezvous

/// What the guided start has to know of the computer that it runs on, before it asks.
public struct GuideSituation: Hashable, Sendable {
    /// The relay that is configured; nil where none is.
    var relay: RelayURL?
    var policy = Policy()
    /// Whom the person can ring.
    var contacts: [PersonAddress] = []
    /// Why this screen cannot be shared; nil when it can.
    var screenProblem: String?
    /// Why nothing can be mailed from here; nil when it can.
    var mailProblem: String?
    /// Whether a message is opened in the person's mail program, which does not understand every address.
    var mailOpensProgram = false
    /// The person's home directory.
    var home: String
    var now: UnixTime

    init(home: String, now: UnixTime) {
        self.home = home
        self.now = now
    }

    /// Why nobody can be invited from here, or nobody helped: the sentence of the policy; nil when something is allowed.
    var nothingIsAllowed: String? {
        guard let relays = policy.relays, relays.isEmpty else { return nil }
        return "The policy of this computer allows no relay (relays), so nobody can be met from here. Ask its administrator."
    }

    /// The relay that is configured, where the policy allows it.
    var usableRelay: RelayURL? { relay.flatMap { refusal(of: $0) == nil ? $0 : nil } }

    /// What the policy says against a relay; nil when it is allowed.
    func refusal(of relay: RelayURL) -> String? {
        do throws(PolicyRefusal) { try policy.permitMeeting(at: relay) } catch { return error.description }
        return nil
    }

    /// What the policy says against invitations of Windows; nil when they are allowed.
    var refusalOfOldInvitations: String? {
        do throws(PolicyRefusal) { try policy.permitOldInvitation() } catch { return error.description }
        return nil
    }

    var whyNotShare: String? {
        policy.mayAsk
            ? screenProblem.map { "You cannot get help here. \($0)" }
            : "The policy of this computer does not let anybody ask for help (may-ask). Ask its administrator."
    }

    var whyNotMail: String? { mailProblem.map { "Mail is not offered. \($0)" } }

    /// What a policy takes from an invitation.
    var notes: [String] {
        policy.ceiling == .view ? ["The policy of this computer lets helpers see the screen and never take control (ceiling)."] : []
    }
}
