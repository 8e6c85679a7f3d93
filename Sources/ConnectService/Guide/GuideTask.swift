import Mail
import Rendezvous

/// What the guided start was led to.
enum GuideTask: Hashable, Sendable {
    /// - Parameter hasPassword: whether the invitation's file is of no use without one.
    case share(Way, hasPassword: Bool = false)
    /// With a code, a link, or a file's path.
    case join(String)
    /// Ring a contact, for help.
    case ring(PersonAddress)
    /// Offer help to a contact.
    case offer(PersonAddress)

    /// How the helper gets the invitation.
    enum Way: Hashable, Sendable {
        case code
        case file(String)
        case mail(MailAddress)
    }

    /// The file's name where the person names a folder.
    static let usualName = "help.rainvite"
}

/// What a helper was given.
enum GuideForm: Hashable, Sendable { case file, code }
