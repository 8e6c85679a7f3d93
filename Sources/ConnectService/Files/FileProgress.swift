import NetPrimitives

/// When it is worth telling how far a transfer is: programs a few times a second, people seldom, and of what is over within a
/// second nobody.
struct FileProgress {
    private static let forPrograms = Duration.milliseconds(250)
    private static let firstForPeople = Duration.seconds(1)
    private static let forPeople = Duration.seconds(5)

    private var next: Instant
    private let interval: Duration

    init(asJSON: Bool, at now: Instant) {
        next = now + (asJSON ? Self.forPrograms : Self.firstForPeople)
        interval = asJSON ? Self.forPrograms : Self.forPeople
    }

    mutating func isDue(at now: Instant) -> Bool {
        guard now >= next else { return false }
        next = now + interval
        return true
    }
}
