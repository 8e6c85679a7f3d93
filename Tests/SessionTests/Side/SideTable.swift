import Session

/// The states of side requests, by the steps that lead there, and what can happen to them.
enum SideTable {
    static let destination = Destination("localhost:22")!
    /// Everything is allowed, and one connection can be asked for.
    static func rules(of role: Role) -> SideRules {
        SideRules(files: .both, clipboard: .both, tcp: role == .sharer ? [destination] : [])
    }
    static let file = SideRequest.Subject.file(name: "a.txt", bytes: 7)

    /// The first yes is given, and each side knows the other's rules.
    static func letIn(_ role: Role) -> [Script.Step] {
        switch role {
        case .sharer: [.peer(.rules(rules(of: .helper))), .peer(.request(id: 1, .view, detail: "")), .command(.yes(nil))]
        case .helper: [.peer(.granted(id: 1, .view)), .peer(.rules(rules(of: .sharer)))]
        }
    }

    static func states(of role: Role) -> [(name: String, path: [Script.Step])] {
        let letIn = letIn(role)
        let asked = letIn + [.peer(.ask(id: 7, file))]
        let asking = letIn + [.command(.ask(file))]
        let paused: Script.Step = role == .sharer ? .command(.pause) : .peer(.paused)
        var states: [(name: String, path: [Script.Step])] = [
            ("nobody let in", []), ("let in", letIn), ("file asked", asked), ("file granted", asked + [.command(.yes(nil))]),
            ("asking file", asking), ("sending file", asking + [.peer(.granted(id: 2, .file))]),
            ("paused, file granted", asked + [.command(.yes(nil)), paused]),
        ]
        switch role {
        case .sharer:
            let clipboard = letIn + [.peer(.ask(id: 8, .clipboard(.both)))]
            let tcp = letIn + [.peer(.ask(id: 9, .tcp(destination)))]
            states += [
                ("clipboard asked", clipboard), ("clipboard granted", clipboard + [.command(.yes(nil))]),
                ("tcp asked", tcp), ("tcp granted", tcp + [.command(.yes(nil))]),
                ("control and file asked", letIn + [.peer(.request(id: 3, .control, detail: "")), .peer(.ask(id: 7, file))]),
                ("file and control asked", asked + [.peer(.request(id: 3, .control, detail: ""))]),
            ]
        case .helper:
            let clipboard = letIn + [.command(.request(.clipboard))]
            let tcp = letIn + [.command(.ask(.tcp(destination)))]
            states += [
                ("asking clipboard", clipboard), ("clipboard granted", clipboard + [.peer(.granted(id: 2, .clipboard))]),
                ("asking tcp", tcp), ("tcp granted", tcp + [.peer(.granted(id: 2, .tcp))]),
            ]
        }
        return states + [("ended", asked + [.command(.stop)])]
    }

    static func steps(of role: Role) -> [(name: String, step: Script.Step)] {
        let common: [(String, Script.Step)] = [
            ("yes", .command(.yes(nil))), ("no", .command(.no(nil))), ("yes 99", .command(.yes(99))), ("61 s", .wait(.seconds(61))),
            ("ask file", .command(.ask(file))), ("request clipboard", .command(.request(.clipboard))),
            ("ask tcp", .command(.ask(.tcp(destination)))), ("ask another tcp", .command(.ask(.tcp(Destination("localhost:23")!)))),
            ("stop", .command(.stop)),
            ("< ask 7 file", .peer(.ask(id: 7, file))), ("< ask 50 file", .peer(.ask(id: 50, file))),
            ("< ask 51 clipboard", .peer(.ask(id: 51, .clipboard(.send)))), ("< ask 52 tcp", .peer(.ask(id: 52, .tcp(destination)))),
            ("< ask 53 another tcp", .peer(.ask(id: 53, .tcp(Destination("localhost:23")!)))),
            ("< granted 2 file", .peer(.granted(id: 2, .file))), ("< granted 99 file", .peer(.granted(id: 99, .file))),
            ("< denied 2 file", .peer(.denied(id: 2, .file, by: role == .sharer ? .helper : .sharer))),
            ("< denied 2 file in our name", .peer(.denied(id: 2, .file, by: role == .sharer ? .sharer : .helper))),
            ("< withdrawn 7 file", .peer(.withdrawn(id: 7, .file))), ("< withdrawn 7 tcp", .peer(.withdrawn(id: 7, .tcp))),
            ("< rules", .peer(.rules(SideRules()))),
        ]
        switch role {
        case .sharer:
            return common + [
                ("revoke file", .command(.revoke(.file))), ("revoke clipboard", .command(.revoke(.clipboard))),
                ("revoke tcp", .command(.revoke(.tcp))), ("revoke view", .command(.revoke(.view))),
                ("< release file", .peer(.release(.file))), ("< release clipboard", .peer(.release(.clipboard))),
                ("< release tcp", .peer(.release(.tcp))), ("< release view", .peer(.release(.view))),
                ("< withdrawn 8 clipboard", .peer(.withdrawn(id: 8, .clipboard))), ("< granted 2 tcp", .peer(.granted(id: 2, .tcp))),
            ]
        case .helper:
            return common + [
                ("release file", .command(.release(.file))), ("release clipboard", .command(.release(.clipboard))),
                ("release tcp", .command(.release(.tcp))), ("release view", .command(.release(.view))),
                ("< revoked file", .peer(.revoked(.file, by: .sharer))),
                ("< revoked clipboard", .peer(.revoked(.clipboard, by: .sharer))),
                ("< revoked tcp", .peer(.revoked(.tcp, by: .sharer))), ("< revoked view", .peer(.revoked(.view, by: .sharer))),
                ("< granted 2 clipboard", .peer(.granted(id: 2, .clipboard))), ("< granted 2 tcp", .peer(.granted(id: 2, .tcp))),
                ("< denied 2 tcp", .peer(.denied(id: 2, .tcp, by: .timeout))),
            ]
        }
    }

    static func render(_ role: Role) -> String {
        StateTable.render(Script(role, rules: rules(of: role)), states(of: role), steps(of: role))
    }
}
