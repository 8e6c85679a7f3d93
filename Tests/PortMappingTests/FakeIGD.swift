import Foundation
import NetPrimitives
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A UPnP gateway on loopback: a device description, and what `answer` makes of each SOAP action.
final class FakeIGD: Sendable {
    enum Reply: Sendable {
        case success([String: String] = [:])
        case error(Int)
        case raw(String)
    }

    let descriptionURL: String
    private let version: Int
    private let descriptor: Int32
    private let requests = Mutex<[String]>([])
    private let fetches = Mutex(0)

    /// - Parameter version: 2 has WANIPConnection:2 and the IPv6 firewall.
    init(version: Int = 1, answer: @escaping @Sendable (_ action: String, _ body: String) -> Reply) throws {
        let bound = try BoundSocket(.tcp)
        descriptor = bound.descriptor
        self.version = version
        descriptionURL = "http://\(bound.address)/root.xml"
        Thread.detachNewThread { [descriptor, weak self] in
            // Closed here alone: elsewhere, its number could become another test's while this thread uses it.
            defer { close(descriptor) }
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                defer { close(connection) }
                guard let self else { return }
                let request = Self.readRequest(connection)
                let reply = Array(self.reply(to: request, answer).utf8)
                send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    /// How often the description was fetched.
    var descriptions: Int { fetches.withLock { $0 } }

    /// The names of the actions that were called, in order.
    var actions: [String] { requests.withLock { $0 } }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func reply(to request: String, _ answer: (String, String) -> Reply) -> String {
        guard request.hasPrefix("POST"), let header = request.firstRange(of: "#"),
            let action = request[header.upperBound...].split(separator: "\"").first.map(String.init)
        else {
            fetches.withLock { $0 += 1 }
            return Self.http(description)
        }
        requests.withLock { $0.append(action) }
        switch answer(action, request) {
        case .success(let values):
            let inside = values.map { "<\($0)>\($1)</\($0)>" }.joined()
            return Self.http(
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><u:\(action)Response>"
                    + inside + "</u:\(action)Response></s:Body></s:Envelope>")
        case .error(let code):
            return Self.http(
                "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>\(code)</errorCode></UPnPError></detail>"
                    + "</s:Fault></s:Body></s:Envelope>", status: "500 Internal Server Error")
        case .raw(let text):
            return text
        }
    }

    private static func http(_ body: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: text/xml\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(body)"
    }

    private var description: String {
        """
        <?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
        <deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:\(version)</deviceType><serviceList><service>
        <serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType>
        <controlURL>/common</controlURL><eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service><service>
        <serviceType>urn:schemas-upnp-org:service:WANIPConnection:\(version)</serviceType>
        <controlURL>/control</controlURL><eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL>
        </service>\(version == 2 ? firewall : "")</serviceList></device></root>
        """
    }

    private let firewall = """
        <service><serviceType>urn:schemas-upnp-org:service:WANIPv6FirewallControl:1</serviceType>
        <controlURL>/firewall</controlURL><eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service>
        """

    /// Headers, and as much body as they announce.
    private static func readRequest(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let length =
                text[..<end.lowerBound].split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
            if text[end.upperBound...].utf8.count >= length { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
