public import Rendezvous

/// The command that the guided start has led to, and what to know before it runs.
public struct GuidedCommand: Hashable, Sendable {
    /// What stands behind `ra-connect`.
    public let arguments: [String]
    /// What happens next, what to do, and what to keep to oneself.
    public let advice: [String]
    /// The relay that is to be written into the configuration.
    public let keeps: RelayURL?

    /// - Parameter relay: the one that was asked for; nil where the command finds it by itself.
    init(_ task: GuideTask, at relay: RelayURL?, isKept: Bool, in situation: GuideSituation) {
        var arguments: [String]
        var advice: [String]
        let place = (relay ?? situation.usableRelay).map { " --relay \($0)" } ?? ""
        switch task {
        case .share(let way, let hasPassword):
            arguments = ["share"] + (hasPassword ? ["--password"] : [])
            switch way {
            case .code:
                advice = [
                    "A code appears. Ring your helper, read it out, and tell it to nobody else. Your helper starts ra-connect and chooses “give”, or types:\n  ra-connect join CODE\(place)"
                ]
            case .file(let path):
                arguments += ["--file", TypedPath.asArgument(path)]
                advice = [
                    "Send this file to your helper, and to nobody else:\n  \(path.printable)",
                    "Your helper starts ra-connect and chooses “give”, or types:\n  ra-connect join FILE",
                ]
            case .mail(let address):
                arguments += ["--mail", "\(address)"]
                advice = ["The message goes to \(address). The code that appears as well is good for the same: read it out if the message does not come."]
            }
            if hasPassword {
                advice.append("First you type the password, twice. The code that appears needs none: tell it to nobody but your helper.")
            }
            advice += [
                "Leave this window open until you have been helped. You are asked before anything is shown, and again before anybody else uses mouse and keyboard. If you did not call that person yourself, say no.",
                "Ctrl-C ends everything at once.",
            ]
        case .ring(let contact):
            arguments = ["share", "--to", "\(contact)"]
            advice = [
                "It rings at \(contact), if they are there. They accept or decline; no code is needed.",
                "Leave this window open until you have been helped. You are asked before anything is shown, and again before anybody else uses mouse and keyboard.",
                "Ctrl-C ends everything at once.",
            ]
        case .offer(let contact):
            arguments = ["offer", "\(contact)"]
            advice = [
                "\(contact) is asked, if they are there and the policy of their computer lets you offer. What you see is theirs: keep it to yourself.",
                "Ctrl-C ends everything at once.",
            ]
        case .join(let argument):
            arguments = ["join", argument]
            advice = [
                "The other person is asked whether you may see the screen. It opens in your browser; mouse and keyboard you ask for there. What you see is theirs: keep it to yourself.",
                "Ctrl-C ends everything at once.",
            ]
        }
        if let relay { arguments += ["--relay", "\(relay)"] }
        keeps = isKept ? relay : nil
        self.arguments = arguments
        self.advice = advice.map { $0.wrapped() }
    }

    /// What can be typed in its place, in a shell.
    public var commandLine: String { (["ra-connect"] + arguments).map(ShellWord.quoted).joined(separator: " ") }
    /// The same as a terminal is to show it: a file's name may hold what a terminal obeys.
    public var shownCommandLine: String { commandLine.printable }
}
