/// What an invitation says to the helper who gets it by mail.
public struct InvitationLetter: Sendable {
    /// Who asks.
    public var name: String
    /// The link, which holds the secret; nil where it must not stand in the text.
    public var link: String?
    public var fileName: String
    /// Until when, in words of the language: in the person's own time, and in UTC.
    public var expires: String
    public var isViewOnly: Bool
    /// Whether the file is of no use without a password, which goes another way.
    public var hasPassword: Bool
    public var language: MailLanguage

    public init(
        name: String, link: String?, fileName: String, expires: String, isViewOnly: Bool, hasPassword: Bool = false, language: MailLanguage
    ) {
        self.name = HeaderText.cleaned(name)
        self.link = link
        self.fileName = fileName
        self.expires = expires
        self.isViewOnly = isViewOnly
        self.hasPassword = hasPassword
        self.language = language
    }

    public var subject: String {
        switch language {
        case .english: "\(name) asks for your help"
        case .french: "\(name) vous demande de l’aide"
        }
    }

    /// Paragraphs with line feeds between them.
    public var text: String {
        switch language {
        case .english: english
        case .french: french
        }
    }

    private var english: String {
        """
        \(name) asks you for help, and invites you to see their screen\(isViewOnly ? "" : ", and to take the mouse and the keyboard if they agree").

        To help, save the attached file, and run:

            ra-connect join \(fileName)

        \(hasPassword ? "You will be asked for a password. \(name) tells you by another way, never by mail.\n\n" : "")\
        \(link.map { "Or open this in your browser:\n\n    \($0)\n\n" } ?? "")\
        The invitation is good for one helper, until \(expires).
        \(name) is asked before you see anything\(isViewOnly ? "" : ", and once more before you can do anything").

        Do not forward this message: whoever has it can come in your place.
        If you do not know \(name), or did not expect this, ask them by another way first.

        """
    }

    private var french: String {
        """
        \(name) vous demande de l’aide et vous invite à voir son écran\(isViewOnly ? "" : ", puis à prendre la souris et le clavier si vous y êtes autorisé").

        Pour aider, enregistrez le fichier joint, puis lancez :

            ra-connect join \(fileName)

        \(hasPassword ? "Un mot de passe vous sera demandé. \(name) vous le donne par un autre moyen, jamais par courriel.\n\n" : "")\
        \(link.map { "Ou ouvrez ceci dans votre navigateur :\n\n    \($0)\n\n" } ?? "")\
        L’invitation est valable pour une seule personne, jusqu’au \(expires).
        \(name) devra accepter avant que vous ne voyiez quoi que ce soit\(isViewOnly ? "" : ", et encore une fois avant que vous ne puissiez agir").

        Ne transférez pas ce message : quiconque l’a peut venir à votre place.
        Si vous ne connaissez pas \(name), ou si vous n’attendiez rien, vérifiez d’abord par un autre moyen.

        """
    }
}
