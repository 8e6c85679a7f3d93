import Desktop

extension Notice: DisplayWork {
    enum Output: Sendable {
        case happened(Event)
        /// The screen says so now.
        case shown(NoticeContent?)
    }

    /// What the notice is to say; nil takes it away.
    typealias Order = NoticeContent?

    /// Whether people's keys and buttons can be told from the helper's.
    var facts: Bool { tellsPeopleApart }

    func follow(_ order: Order) throws(DisplayError) -> [Output] {
        try show(order)
        return [.shown(order)]
    }

    func takeEvents() throws(DisplayError) -> [Output] {
        let events: [Event] = try takeEvents()
        return events.map(Output.happened)
    }
}
