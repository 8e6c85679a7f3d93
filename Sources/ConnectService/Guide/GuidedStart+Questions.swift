import Policy
import Rendezvous

// What is asked in each state.
extension GuidedStart {
    var question: GuideQuestion {
        switch state {
        case .purpose:
            GuideQuestion(
                "What would you like to do?",
                remarks: ["Remote assistance: somebody whom you trust sees your screen and helps you, or you help somebody."],
                among: purposes)
        case .contact(let isOffer):
            GuideQuestion(
                isOffer ? "To whom do you offer help?" : "Whom do you ring?",
                among: situation.contacts.map { GuideChoice(.contact($0), "\($0)", "", also: [$0.name.text]) })
        case .way:
            GuideQuestion(
                "How shall your helper get the invitation?",
                remarks: ["Whoever has your invitation can knock, once, within the hour: give it to your helper alone."] + situation.notes,
                among: [
                    GuideChoice(.byCode, "code", "A code of 12 characters, which you read out on the telephone.", also: ["read", "telephone", "phone"]),
                    GuideChoice(.byFile, "file", "A file, which you hand over yourself.", also: ["save"]),
                    GuideChoice(.byMail, "mail", "By e-mail.", also: ["e-mail", "email", "send"], unless: situation.whyNotMail),
                ])
        case .file:
            GuideQuestion(
                "Where shall the invitation be saved?", remarks: ["Who can read that file can use it: keep it out of folders that others see."],
                hint: "Write a file or a folder, such as ~/\(GuideTask.usualName), then Enter.")
        case .replacing(let path):
            GuideQuestion("“\(path.printable)” is there already. Shall it be replaced?", among: Self.yesOrNo)
        case .address:
            GuideQuestion(
                "To which address shall it be mailed?", remarks: ["Whoever reads that mailbox can use the invitation."],
                hint: "Write an address like ann@example.org, then Enter.")
        case .locking:
            GuideQuestion(
                "Shall the invitation's file have a password?",
                remarks: [
                    "With one, whoever comes by the file cannot use it. You choose it now, and tell your helper by another way than the file goes: on the telephone, say."
                ],
                among: Self.yesOrNo)
        case .form:
            GuideQuestion(
                "What were you given?",
                remarks: ["Help nobody whom you do not know, and look at nothing that you were not asked to look at."],
                among: [
                    GuideChoice(.open(.code), "code", "A code or a link.", also: ["link", "type"]),
                    GuideChoice(
                        .open(.file), "file", "A file: .rainvite, or .MsRcIncident of Windows.", also: ["open", "mail", "e-mail", "attachment"]),
                ])
        case .invitation(.code):
            GuideQuestion(
                "What is the code?",
                hint: "Type the 12 characters, or paste the link, then Enter. Capitals, spaces and hyphens do not matter.")
        case .invitation(.file):
            GuideQuestion("Where is the file?", hint: "Drag it into this window, or write its path, then Enter.")
        case .confirming(_, let sentences):
            GuideQuestion("Do you want to help now?", remarks: [sentences.joined(separator: "\n")], among: Self.yesOrNo)
        case .relay:
            relayQuestion
        case .keeping:
            GuideQuestion("Shall this relay be remembered, so that you are not asked again?", among: Self.yesOrNo)
        case .lookingForRoom, .lookingForInvitation, .decided, .left, .refused:
            preconditionFailure("nothing is asked here")  // our own caller is `step`
        }
    }

    private var purposes: [GuideChoice] {
        let all = [
            GuideChoice(
                .getHelp, "get", "Get help: invite somebody to see your screen.", also: ["get help", "help me", "share", "invite"],
                unless: situation.whyNotShare),
            GuideChoice(
                .giveHelp, "give", "Help somebody who has invited you.", also: ["give help", "help somebody", "join", "somebody"]),
        ]
        guard !situation.contacts.isEmpty else { return all }
        return all + [
            GuideChoice(.ring, "ring", "Get help from one of your contacts: ring them.", also: ["contact", "call"], unless: situation.whyNotShare),
            GuideChoice(.offer, "offer", "Offer help to one of your contacts who has not asked."),
        ]
    }

    private var relayQuestion: GuideQuestion {
        let explanation =
            "The two computers meet at a relay: a host that somebody runs, who can tell you its address. At work ask those who look after the computers; else ask the other person, for both of you need the same one."
        if let allowed = situation.policy.relays {
            return GuideQuestion(
                "At which relay do you meet?", remarks: [explanation, "The policy of this computer allows these (relays)."],
                among: allowed.map { GuideChoice(.relay($0), $0.description, "") })
        }
        return GuideQuestion(
            "What is the relay's address?", remarks: [explanation],
            hint: "Write it like https://relay.example.org or relay.example.org, then Enter.")
    }

    private static let yesOrNo = [
        GuideChoice(.yes, "yes", "", also: ["y"]), GuideChoice(.no, "no", "", also: ["n"]),
    ]
}
