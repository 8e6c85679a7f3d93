import ArgumentParser
import ConnectService
import Foundation
import Policy
import ProgramSupport
import Rendezvous
import Session

/// `ra-connect invitations`: the invitations of programs that wait, from another terminal.
struct Invitations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, take back or lengthen the invitations that you have made.",
        discussion: """
            They are those of “ra-connect share” on this computer, in whichever terminal it runs. An invitation's ID is the first \
            six characters of its code.
            """,
        subcommands: [InvitationsList.self, InvitationsRevoke.self, InvitationsExtend.self])

    /// What was asked is done at a desk, on an engine of its own.
    static func atDesk<Result>(
        _ common: CommonOptions, _ work: (InvitationDesk) async throws -> Result
    ) async throws -> Result {
        common.beginLog()
        let engine = ConnectEngine()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await work(InvitationDesk(proxy: try common.proxyRule(), loop: engine.loop)))
        } catch {
            result = .failure(error)
        }
        await engine.shutDown()
        return try result.get()
    }

    /// The relay that was named on the command line: only what waits there is meant.
    static func relay(_ common: CommonOptions) throws -> RelayURL? { common.relay == nil ? nil : try common.relayURL() }

    /// The one that is meant, or the end: exit code 6, with a sentence.
    static func named(_ text: String, _ common: CommonOptions, at desk: InvitationDesk) throws -> InvitationRecord {
        if let record = desk.record(text, at: try relay(common)) { return record }
        throw InvitationArgument.refuse("There is no invitation “\(text.printable)” of yours. “ra-connect invitations list” shows those that there are.")
    }

    static func tell(_ reports: [InvitationReport], _ common: CommonOptions) {
        for report in reports { print(common.json ? report.json : report.sentence()) }
    }

    /// 3 when a relay was not reached, 1 when one did not say.
    static func endUnlessReached(_ reports: [InvitationReport]) throws {
        if reports.contains(where: \.isUnreachable) { throw ArgumentParser.ExitCode(Session.ExitCode.relayUnreachable.rawValue) }
        if reports.contains(where: \.isUnknown) { throw ArgumentParser.ExitCode.failure }
    }
}

/// `ra-connect invitations list`: how each stands, as its relay says now.
struct InvitationsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Tell how each of your invitations stands.",
        discussion: "With --relay only those at that relay. Those of a program that was killed are listed until a day after their end.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let reports = try await Invitations.atDesk(common) { desk in
            await desk.states(of: desk.records(at: try Invitations.relay(common)))
        }
        if common.json {
            Invitations.tell(reports, common)
        } else if reports.isEmpty {
            print("There is no invitation now. “ra-connect share” makes one.")
        } else {
            print(InvitationReport.table(reports))
            for report in reports where report.isUnknown { FileHandle.standardError.write(Data((report.sentence() + "\n").utf8)) }
        }
        try Invitations.endUnlessReached(reports)
    }
}

/// `ra-connect invitations revoke`: nobody can come by it any more.
struct InvitationsRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take invitations back: nobody can come by them any more.",
        discussion: "A session that has begun goes on: “stop”, in its own terminal, ends it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("Which ones: the first six characters of the code, or the whole code.", valueName: "ID"))
    var ids: [String] = []

    @Flag(help: "All of them.")
    var all = false

    func validate() throws {
        guard all == ids.isEmpty else { throw ValidationError("Which invitation? Give its ID, or --all; “ra-connect invitations list” shows them.") }
    }

    func run() async throws {
        let reports = try await Invitations.atDesk(common) { desk in
            let records = all ? desk.records(at: try Invitations.relay(common)) : try ids.map { try Invitations.named($0, common, at: desk) }
            return await desk.revoke(records)
        }
        if reports.isEmpty, !common.json { print("There is no invitation now.") }
        Invitations.tell(reports, common)
        try Invitations.endUnlessReached(reports)
    }
}

/// `ra-connect invitations extend`: a later end.
struct InvitationsExtend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Make an invitation good for longer.",
        discussion: "What your helper was given, code, link or file, stays good. The relay may allow less; how long it is good is said.")

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("Which one: the first six characters of the code, or the whole code.", valueName: "ID"))
    var id: String

    @Option(
        help: ArgumentHelp("How long it is good from now on: 10m, 1h, 2d (default: 1h, or less where a policy says so).", valueName: "TIME"),
        transform: timeArgument)
    var expires: Duration?

    func run() async throws {
        let printer = EventPrinter(asJSON: common.json, role: .sharer)
        let (report, lifetime) = try await Invitations.atDesk(common) { desk in
            let record = try Invitations.named(id, common, at: desk)
            let age = Duration.seconds(Date.now.timeIntervalSince(record.made.date))
            let wish = InvitationWish(relay: record.relay, lifetime: expires, ceiling: record.ceiling)
            let lifetime = try common.permitted(printer) { policy throws(PolicyRefusal) in try policy.permitExtension(wish, age: age) }
            return (await desk.extend(record, lifetime: Int(lifetime.components.seconds)), lifetime)
        }
        guard let report else { throw InvitationArgument.refuse("There is no invitation “\(id.printable)” of yours any more.") }
        Invitations.tell([report], common)
        try Invitations.endUnlessReached([report])
        if report.isForbidden { throw ArgumentParser.ExitCode(Session.ExitCode.policy.rawValue) }
        guard report.isOpen, report.isRunning else {
            throw ArgumentParser.ExitCode(Session.ExitCode.invitation.rawValue)
        }
        let missing = Date.now.addingTimeInterval(TimeInterval(lifetime.components.seconds)).timeIntervalSince(report.record.expires.date)
        // Seconds go by while it is asked for.
        if missing > 30, !common.json { print("The relay allows no more.") }
    }
}
