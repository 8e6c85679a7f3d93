import Session
import Testing

@Suite("every state and everything that can happen in it")
struct StateTableTests {
    @Test("each cell of the table is as written", arguments: Role.allCases)
    func table(role: Role) {
        let expected = role == .sharer ? sharerTable : helperTable
        let actual = StateTable.render(role)
        let (left, right) = (expected.split(separator: "\n"), actual.split(separator: "\n"))
        for (want, have) in zip(left, right) where want != have { Issue.record("\(role): want \(want)\nhave \(have)") }
        #expect(left.count == right.count, "the whole table of the \(role) is now:\n\(actual)")
    }
}
