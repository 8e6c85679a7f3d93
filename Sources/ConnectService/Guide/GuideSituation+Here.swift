import Desktop
import Foundation
import Policy
import Rendezvous

extension GuideSituation {
    /// That of this computer and this person.
    ///
    /// - Throws: `PolicyRefusal`, when the policy cannot be relied upon; `RelayChoice.Unknown` and `ClientConfiguration.Invalid`,
    ///   when what is configured is wrong.
    public static func here() throws -> GuideSituation {
        var situation = GuideSituation(
            home: ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory(),
            now: UnixTime(seconds: UInt64(max(Date.now.timeIntervalSince1970, 0))))
        situation.policy = try MachinePolicy().load(configuration: nil).policy
        situation.relay = try RelayChoice.configured(nil)
        do throws(DisplayError) { _ = try DisplayName.resolve(nil) } catch { situation.screenProblem = error.description }
        let mail = try ClientConfiguration.load(nil).mail
        do throws(MailFailure) {
            if case .program = try MailDelivery.way(mail) { situation.mailOpensProgram = true }
        } catch { situation.mailProblem = error.description }
        // Contacts that cannot be read are said by the command that needs them.
        situation.contacts = (try? ContactBookFile().read())?.contacts.filter { !$0.isBlocked }.map(\.address) ?? []
        return situation
    }
}
