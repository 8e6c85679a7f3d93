import Foundation
public import Policy

/// The policy of this machine: a file of its administrator, made narrower by the person's own configuration.
///
/// Whoever could change the file could lift what it forbids: unless it is root's, and nobody else's to write, everything is
/// refused, and so it is when the file cannot be understood.
public struct MachinePolicy: Sendable {
    /// There is no option and no variable for another one.
    public static let path = "/etc/ra-connect/policy.toml"
    /// Bytes of the longest file that is read.
    private static let longestFile = 256 * 1024

    private let file: String
    /// The number of the account that must own it.
    private let owner: Int

    public init() { self.init(file: Self.path, owner: 0) }

    init(file: String, owner: Int) {
        self.file = file
        self.owner = owner
    }

    /// The policy in force.
    ///
    /// - Parameter configuration: the person's configuration; nil for the usual one.
    /// - Throws: `PolicyRefusal` when the machine's policy cannot be relied upon; `ClientConfiguration.Invalid` when the
    ///   person's configuration is wrong.
    public func load(configuration: String?) throws -> EffectivePolicy {
        let administrator = try administratorText()
        let (person, place) = try ClientConfiguration.policy(configuration)
        return EffectivePolicy(administrator: administrator, file: file, person: person, configuration: place)
    }

    private func administratorText() throws(PolicyRefusal) -> PolicyText {
        let folder = (file as NSString).deletingLastPathComponent
        guard let inFolder = try attributes(of: folder) else { return PolicyText() }
        try requireTrust(in: inFolder, of: folder, type: .typeDirectory)
        guard let inFile = try attributes(of: file) else { return PolicyText() }
        try requireTrust(in: inFile, of: file, type: .typeRegular)
        guard let text = Self.contents(of: file) else { throw refuse("\(file) cannot be read: “chmod 644 \(file)” lets programs read it") }
        do { return try PolicyText(file: text) } catch {
            throw refuse(error.mistakes.map { "\(file): \($0)" }.joined(separator: "\n") + "\n“ra-connect policy check” shows it")
        }
    }

    /// nil when there is nothing of that name.
    private func attributes(of path: String) throws(PolicyRefusal) -> [FileAttributeKey: Any]? {
        do {
            return try FileManager.default.attributesOfItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            return nil
        } catch {
            throw refuse("\(path) cannot be looked at: \(error.localizedDescription)")
        }
    }

    private func requireTrust(in attributes: [FileAttributeKey: Any], of path: String, type: FileAttributeType) throws(PolicyRefusal) {
        if let problem = Self.distrust(attributes, path: path, owner: owner, type: type) { throw refuse(problem) }
    }

    private static func distrust(_ attributes: [FileAttributeKey: Any], path: String, owner: Int, type: FileAttributeType) -> String? {
        guard attributes[.type] as? FileAttributeType == type else {
            return "\(path) is no \(type == .typeDirectory ? "folder" : "plain file")"
        }
        guard (attributes[.ownerAccountID] as? NSNumber)?.intValue == owner else {
            return "\(path) does not belong to root: “chown root \(path)”"
        }
        guard let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue, mode & 0o022 == 0 else {
            return "others than root may write \(path): “chmod go-w \(path)”"
        }
        return nil
    }

    private func refuse(_ problem: String) -> PolicyRefusal {
        PolicyRefusal("The policy of this computer cannot be relied upon, so nothing is allowed: \(problem).")
    }

    /// nil when it cannot be read, is too long, or no text.
    private static func contents(of path: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: longestFile + 1) ?? Data(),
            data.count <= longestFile
        else { return nil }
        return String(validating: data, as: UTF8.self)
    }
}

extension MachinePolicy {
    /// What a file would mean as the machine's policy, and what else is to be done for it to be one.
    ///
    /// - Throws: every mistake in it.
    public static func check(file: String) throws(PolicyError) -> (policy: EffectivePolicy, notes: [String]) {
        guard let text = contents(of: file) else { throw PolicyError(["\(file) cannot be read as text of up to 256 KiB."]) }
        let administrator: PolicyText
        do throws(PolicyError) { administrator = try PolicyText(file: text) } catch {
            throw PolicyError(error.mistakes.map { "\(file): \($0)" })
        }
        let problem = (try? FileManager.default.attributesOfItem(atPath: file))
            .flatMap { distrust($0, path: file, owner: 0, type: .typeRegular) }
        return (EffectivePolicy(administrator: administrator, file: file), problem.map { ["As \(path) it would be refused: \($0)."] } ?? [])
    }
}
