import Foundation
import NIOCore
import NIOHTTP1
import NetPrimitives

/// What a UPnP router says it is, in its device description (UPnP Device Architecture 1.1 §2.3).
package enum RouterModel {
    /// A description is a few kilobytes long.
    private static let maximumBytes = 1 << 16

    /// - Parameter url: of the device description, on this network: `http://192.168.1.1:5000/rootDesc.xml`.
    static func fetch(_ url: String, trust: RelayTrust, within patience: Duration, loop: any EventLoop) async -> String? {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host,
            let port = UInt16(exactly: parts.port ?? 80)
        else { return nil }
        let endpoint = RelayEndpoint(
            isSecure: false, host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port)
        let answer = try? await HTTPFetch.ask(
            .GET, parts.percentEncodedPath + (parts.percentEncodedQuery.map { "?\($0)" } ?? ""), of: endpoint,
            meeting: TLSMeeting(trust), maximumBytes: maximumBytes, timeout: TimeAmount(patience), loop: loop)
        guard let answer, answer.status == .ok else { return nil }
        return name(in: String(decoding: answer.body, as: UTF8.self))
    }

    /// The maker and the model of the outermost device; nil when it names neither.
    package static func name(in description: String) -> String? {
        let named = ["modelName", "modelNumber"].compactMap { text(of: $0, in: description) }
        // Some say their maker's name in the model's as well.
        let maker = text(of: "manufacturer", in: description).flatMap { maker in
            named.first?.hasPrefix(maker) == true ? nil : maker
        }
        let parts = [maker].compactMap(\.self) + named
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// The first element of that name that holds text. The outermost device's come first (§2.3).
    private static func text(of element: String, in description: String) -> String? {
        guard let start = description.range(of: "<\(element)>"),
            let end = description.range(of: "</\(element)>", range: start.upperBound..<description.endIndex)
        else { return nil }
        let text = description[start.upperBound..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty, !text.contains("<") else { return nil }
        return String(unescaped(text).prefix(64))
    }

    /// XML's own five entities (XML 1.0 §4.6).
    private static func unescaped(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
            .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}
