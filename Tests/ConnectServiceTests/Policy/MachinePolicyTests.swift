@testable import ConnectService
import Foundation
import Policy
import Rendezvous
import Testing

@Suite("The policy of this machine")
final class MachinePolicyTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("policy-\(UUID().uuidString)/ra-connect").path
    private var file: String { folder + "/policy.toml" }
    private var configuration: String { folder + "/config.toml" }

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try write("", to: configuration)
    }

    deinit { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }

    private func write(_ text: String, to path: String, mode: Int = 0o644) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// - Parameter owner: who must own the file; nil for whoever runs the test.
    private func load(owner: Int? = nil) throws -> EffectivePolicy {
        try MachinePolicy(file: file, owner: owner ?? Int(getuid())).load(configuration: configuration)
    }

    private func refusal(owner: Int? = nil) throws -> String {
        let refusal = #expect(throws: PolicyRefusal.self) { try load(owner: owner) }
        let sentence = try #require(refusal).description
        let beginning = "The policy of this computer cannot be relied upon, so nothing is allowed: "
        #expect(sentence.hasPrefix(beginning))
        return String(sentence.dropFirst(beginning.count))
    }

    @Test("without a file, or a folder for it, everything is as usual")
    func absent() throws {
        #expect(try load().policy == Policy())
        #expect(try MachinePolicy(file: folder + "/nowhere/policy.toml", owner: Int(getuid())).load(configuration: configuration).policy == Policy())
    }

    @Test("the administrator's file rules, and the person's configuration narrows it")
    func both() throws {
        try write("ceiling = \"view\"\n", to: file)
        try write("[policy]\nceiling = \"control\"\nlongest-invitation = \"5m\"\n", to: configuration)
        let policy = try load().policy
        #expect(policy.ceiling == .view)
        #expect(policy.longestInvitation == .seconds(300))
    }

    @Test("a file that others may write refuses everything", arguments: [0o664, 0o646, 0o666])
    func writable(mode: Int) throws {
        try write("", to: file, mode: mode)
        #expect(try refusal() == "others than root may write \(file): “chmod go-w \(file)”.")
    }

    @Test("so does one in a folder that others may write, even where there is no file")
    func folderIsWritable() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        #expect(try refusal() == "others than root may write \(folder): “chmod go-w \(folder)”.")
    }

    @Test("so does one that belongs to somebody else")
    func foreign() throws {
        try write("", to: file)
        #expect(try refusal(owner: Int(getuid()) + 1) == "\(folder) does not belong to root: “chown root \(folder)”.")
    }

    @Test("so do a link and a folder in its place")
    func noFile() throws {
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: configuration)
        #expect(try refusal() == "\(file) is no plain file.")
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        #expect(try refusal() == "\(file) is no plain file.")
    }

    @Test("so does one that cannot be understood, and each mistake is told")
    func mistaken() throws {
        try write("\nceiling = 1\n", to: file)
        #expect(try refusal() == "\(file): line 2: ceiling: write one of \"view\", \"control\".\n“ra-connect policy check” shows it.")
        try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: file))
        #expect(try refusal().hasPrefix("\(file) cannot be read"))
    }

    @Test("a person's mistake is theirs, with its place")
    func personal() throws {
        try write("[policy]\nceilin = \"view\"\n", to: configuration)
        #expect(
            throws: ClientConfiguration.Invalid(description: "\(configuration): line 2: there is no setting “ceilin”. Did you mean “ceiling”?")
        ) { try load() }
    }

    @Test("a file can be checked before it is in force, by anybody")
    func check() throws {
        try write("ceiling = \"view\"\n", to: file, mode: 0o666)
        let (policy, notes) = try MachinePolicy.check(file: file)
        #expect(policy.policy.ceiling == .view)
        #expect(notes.count == 1)
        try write("ceiling = 1\n", to: file)
        #expect(throws: PolicyError(["\(file): line 1: ceiling: write one of \"view\", \"control\"."])) { try MachinePolicy.check(file: file) }
    }
}
