@testable import ConnectService
import NetPrimitives
import Session
import Testing

@Suite("Lines that are typed while a session runs")
struct SessionAnswersTests {
    private static let start = Instant.zero + .seconds(1000)

    private static func answers(isPerson: Bool, callOver: Duration? = nil) -> SessionAnswers {
        SessionAnswers(isPerson: isPerson, lastCall: 3, callOver: callOver.map { start - $0 }, at: start)
    }

    private static func isTaken(_ line: String, by answers: SessionAnswers, at moment: Duration) throws -> Bool {
        let line = try #require(try StandardInputLine.parse(line, for: .sharer))
        do throws(SessionAnswers.Doubt) { try answers.check(line, at: start + moment) } catch { return false }
        return true
    }

    @Test("a person's yes counts for what has been asked for three seconds, when it may have been a call's", arguments: ["yes", "y", "yes 1", "yes 3"])
    func person(line: String) throws {
        var answers = Self.answers(isPerson: true)
        #expect(try !Self.isTaken(line, by: answers, at: .milliseconds(500)))
        answers.questionsChanged(at: Self.start + .seconds(1))
        #expect(try !Self.isTaken(line, by: answers, at: .milliseconds(3999)))
        #expect(try Self.isTaken(line, by: answers, at: .seconds(4)))
        // What was asked was answered elsewhere, and something else is asked.
        answers.questionsChanged(at: Self.start + .seconds(60))
        #expect(try !Self.isTaken(line, by: answers, at: .seconds(61)))
    }

    @Test("a number that no call has had is the session's, at once")
    func exact() throws {
        for isPerson in [true, false] {
            #expect(try Self.isTaken("yes 4", by: Self.answers(isPerson: isPerson, callOver: .seconds(1)), at: .zero))
        }
    }

    @Test("a program's yes follows from what it has read, unless a call was over just before by no line of its")
    func program() throws {
        #expect(try Self.isTaken("yes", by: Self.answers(isPerson: false), at: .zero))
        #expect(try Self.isTaken("yes 1", by: Self.answers(isPerson: false), at: .zero))
        var late = Self.answers(isPerson: false, callOver: .seconds(1))
        #expect(try !Self.isTaken("yes", by: late, at: .milliseconds(500)))
        #expect(try !Self.isTaken("yes 1", by: late, at: .milliseconds(2999)))
        #expect(try Self.isTaken("yes 1", by: late, at: .seconds(3)))
        // Nobody is about to answer a call of ten seconds ago.
        late.questionsChanged(at: Self.start + .seconds(9))
        #expect(try Self.isTaken("yes", by: late, at: .seconds(9)))
    }

    @Test("what gives nothing is always passed on", arguments: ["no", "no 1", "stop", "pause", "revoke control", "say yes"])
    func harmless(line: String) throws {
        #expect(try Self.isTaken(line, by: Self.answers(isPerson: true, callOver: .zero), at: .zero))
    }
}
