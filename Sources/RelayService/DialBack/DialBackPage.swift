import Foundation
import NIOCore
import NIOHTTP1
import NIOTransport
import NetPrimitives
import Relay
import Synchronization

/// `POST /dial-back?transport=tcp&port=3389&nonce=…`: the relay tries that port of whoever asks, from outside.
///
/// The answer comes when the dial has ended: `{"address":"203.0.113.7","result":"open"}`, or why there was none.
final class DialBackPage: Sendable {
    static let path = "/dial-back"

    private struct Answer: Encodable {
        /// Where the request came from, and so what was dialled.
        var address: String?
        var result: String?
        /// A sentence, when nothing was dialled.
        var why: String?
    }

    private let place: DialBackPlace
    private let served: Mutex<Bool>

    init(_ place: DialBackPlace, isServed: Bool) {
        self.place = place
        served = Mutex(isServed)
    }

    var isServed: Bool { served.withLock { $0 } }

    func setServed(_ isServed: Bool) { served.withLock { $0 = isServed } }

    /// nil: it is another page that is asked for.
    func answer(to head: HTTPRequestHead, on channel: any Channel) -> EventLoopFuture<HTTPAnswer>? {
        guard head.path == Self.path, isServed else { return nil }
        func now(_ status: HTTPResponseStatus, _ answer: Answer) -> EventLoopFuture<HTTPAnswer> {
            channel.eventLoop.makeSucceededFuture(Self.write(status, answer))
        }
        // A page of somebody else's must not have its readers' ports tried.
        guard OriginPolicy.allows(origin: head.headers.first(name: "origin"), host: head.headers.first(name: "host")) else {
            return now(.forbidden, Answer(why: "The request comes from another web page."))
        }
        guard head.method == .POST else { return now(.methodNotAllowed, Answer(why: "Ask with POST.")) }
        let query = head.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        guard let request = DialBackRequest(query: String(query)) else {
            return now(.badRequest, Answer(why: "Write transport=tcp or udp, port, and nonce as 24 hexadecimal digits."))
        }
        guard let asker = channel.remoteAddress.flatMap(TransportAddress.init)?.ip,
            let server = channel.localAddress.flatMap(TransportAddress.init)?.ip
        else { return now(.internalServerError, Answer(why: "Where the request comes from is not known.")) }
        return channel.eventLoop.makeFutureWithTask { [place] in
            do throws(DialBackRefusal) {
                let result = try await place.dial(request, for: asker, at: server)
                return Self.write(.ok, Answer(address: "\(asker)", result: result.label))
            } catch {
                return Self.write(error.status, Answer(address: "\(asker)", why: error.sentence(asker)))
            }
        }
    }

    private static func write(_ status: HTTPResponseStatus, _ answer: Answer) -> HTTPAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return HTTPAnswer(status, contentType: "application/json", body: Array((try? encoder.encode(answer)) ?? Data()))
    }
}

extension DialBackRefusal {
    fileprivate var status: HTTPResponseStatus {
        switch self {
        case .port, .address: .forbidden
        case .rate, .busy: .tooManyRequests
        case .notListening: .badRequest
        }
    }

    fileprivate func sentence(_ asker: IPAddress) -> String {
        switch self {
        case .port: "The relay dials no port below 1024 but 443."
        case .address: "The relay may not send to \(asker): its allow-peer and deny-peer decide."
        case .rate: "The relay was asked to dial too often; try again in a minute."
        case .busy: "The relay dials as many others as it may; try again in some seconds."
        case .notListening: "The relay does not listen on that port."
        }
    }
}
