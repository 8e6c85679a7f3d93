/// Why a message was not sent, as a sentence for the person.
public struct MailFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}
