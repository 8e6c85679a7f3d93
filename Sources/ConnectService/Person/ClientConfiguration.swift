import Foundation
import NetPrimitives
import Policy
public import Rendezvous
import TOMLKit

/// The person's own settings: `~/.config/ra-connect/config.toml`.
public struct ClientConfiguration: Hashable, Sendable {
    public var relay: RelayURL?
    /// nil where nothing is said of a proxy, `.some(nil)` where there is to be none.
    var proxy: ProxyRule??
    /// By which way invitations are mailed.
    public var mail: MailConfiguration?

    /// The file, or what is in it, cannot be used; a sentence for each mistake, which says where it is.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Reads the given file, or the usual one if it is there.
    public static func load(_ path: String?) throws(Invalid) -> ClientConfiguration {
        let (text, file) = try text(path)
        guard let text else { return ClientConfiguration() }
        return try parse(text, from: file)
    }

    /// What the person allows less than their administrator: the table `[policy]`; and the file's name.
    static func policy(_ path: String?) throws(Invalid) -> (PolicyText, file: String) {
        let (text, file) = try text(path)
        guard let text else { return (PolicyText(), file) }
        do throws(PolicyError) { return (try PolicyText(configuration: text), file) } catch {
            throw Invalid(description: error.mistakes.map { "\(file): \($0)" }.joined(separator: "\n"))
        }
    }

    /// What stands in the file, nil where there is none; and the file's name.
    static func text(_ path: String?) throws(Invalid) -> (String?, file: String) {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.config"
        let file = path ?? base + "/ra-connect/config.toml"
        guard let data = FileManager.default.contents(atPath: file) else {
            if path == nil, !FileManager.default.fileExists(atPath: file) { return (nil, file) }
            throw Invalid(description: "\(file) cannot be read.")
        }
        return (String(decoding: data, as: UTF8.self), file)
    }

    /// - Parameter file: what the mistakes are said to be in.
    static func parse(_ text: String, from file: String) throws(Invalid) -> ClientConfiguration {
        let lines = TOMLLines(text)
        if let zero = lines.zero { throw Invalid(description: "\(file): \(zero)") }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let line = error.source.begin.line
            throw Invalid(description: "\(file): line \(line): \(error.description)\(lines.hint(on: line))")
        } catch {
            throw Invalid(description: "\(file) is not a TOML file: \(error)")
        }
        var configuration = ClientConfiguration()
        var mistakes: [(line: Int, sentence: String)] = []
        for key in table.keys where key != policyTable {
            guard let problem = configuration.take(table[key], as: key) else { continue }
            mistakes.append((lines.number(of: key) ?? 0, "\(file): \(lines.place(of: key))\(problem)"))
        }
        guard mistakes.isEmpty else {
            throw Invalid(description: mistakes.sorted { $0.line < $1.line }.map(\.sentence).joined(separator: "\n"))
        }
        return configuration
    }

    /// Takes a key's value over.
    ///
    /// - Returns: what is wrong with the key or its value; nil when it is good.
    private mutating func take(_ value: (any TOMLValueConvertible)?, as key: String) -> String? {
        guard let key = Key(rawValue: key) else { return TOMLLines.unknown(key, among: Key.allCases.map(\.rawValue) + [Self.policyTable]) }
        let notText = "\(key): write a text in quotes."
        switch key {
        case .relay:
            guard let text = value?.string else { return notText }
            relay = RelayURL(asWritten: text)
            return relay == nil ? "\(key): \(RelayURL.howToWrite(text))" : nil
        case .proxy:
            guard let text = value?.string else { return notText }
            do throws(ProxyChoice.Unusable) { proxy = try ProxyChoice.parse(text, from: "“proxy”") } catch { return error.description }
            return nil
        case .mail:
            guard let table = value?.table else { return "\(key): write a table, [mail] on a line of its own." }
            do throws(MailConfiguration.Mistake) { mail = try MailConfiguration(table) } catch { return error.description }
            return nil
        }
    }

    /// The table that `policy` reads.
    private static let policyTable = "policy"

    private enum Key: String, CaseIterable { case relay, proxy, mail }
}
