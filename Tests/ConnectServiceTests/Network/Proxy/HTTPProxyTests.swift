@testable import ConnectService
import NIOHTTP1
import Rendezvous
import Testing

@Suite("HTTPProxy")
struct HTTPProxyTests {
    @Test("an address is read with and without its parts", arguments: [
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128", nil, nil),
        ("proxy.example.org:3128", "http://proxy.example.org:3128", nil, nil),
        ("http://proxy.example.org", "http://proxy.example.org:80", nil, nil),
        ("https://proxy.example.org/", "https://proxy.example.org:443", nil, nil),
        ("HTTP://[2001:db8::1]:8080", "http://[2001:db8::1]:8080", nil, nil),
        ("http://anna:secret@192.0.2.1:3128", "http://192.0.2.1:3128", "anna", "secret"),
        ("http://anna@192.0.2.1:3128", "http://192.0.2.1:3128", "anna", ""),
        ("http://an%20na:p%40ss%3A%25@192.0.2.1:3128", "http://192.0.2.1:3128", "an na", "p@ss:%"),
        ("http://anna:p@ss:w/rd@192.0.2.1:3128", "http://192.0.2.1:3128", "anna", "p@ss:w/rd"),
    ] as [(String, String, String?, String?)])
    func read(text: String, endpoint: String, name: String?, password: String?) throws {
        let proxy = try #require(HTTPProxy(text))
        #expect("\(proxy.endpoint)" == endpoint)
        #expect(proxy.credentials?.name == name)
        #expect(proxy.credentials?.password.exposed == password.map { Array($0.utf8) })
    }

    @Test("anything else is refused", arguments: [
        "", "http://", "socks5://proxy:1080", "ftp://proxy", "http://proxy/path", "http://proxy:0", "http://proxy:99999",
        "http://:secret@proxy", "http://a%3Ab:secret@proxy", "http://a:%zz@proxy", "http://a b", String(repeating: "a", count: 2000),
    ])
    func refused(text: String) { #expect(HTTPProxy(text) == nil) }

    @Test("name and password are sent as RFC 7617 §2 has it")
    func basic() {
        let proxy = HTTPProxy("http://Aladdin:open%20sesame@proxy")
        #expect(proxy?.credentials?.exposedBasicValue == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    }

    @Test("however it is printed, name and password are not in it")
    func redacted() throws {
        let proxy = try #require(HTTPProxy("http://anna:secret@proxy:3128"))
        var dumped = ""
        dump(proxy, to: &dumped)
        dump(StreamRoute.proxy(proxy), to: &dumped)
        dump(ProxyFailure(.passwordRefused, of: proxy), to: &dumped)
        for text in ["\(proxy)", String(reflecting: proxy), "\(StreamRoute.proxy(proxy))", dumped] {
            #expect(text.contains("proxy:3128"))
            #expect(!text.contains("secret") && !text.contains("anna"))
        }
    }
}

@Suite("ProxyExceptions")
struct ProxyExceptionsTests {
    @Test("hosts that are listed are excepted, with what is below them", arguments: [
        ("*", "relay.example.org", true), ("example.org", "relay.example.org", true), (".example.org", "example.org", true),
        ("*.example.org", "relay.example.org", true), ("example.org", "badexample.org", false), ("Example.ORG", "relay.EXAMPLE.org", true),
        ("a, b.example ,relay.example.org", "relay.example.org", true), ("a b example.org", "relay.example.org", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.10", false), ("192.0.2.0/24", "192.0.2.10", true),
        ("2001:db8::/32", "2001:db8::1", true), ("2001:db8::1", "2001:DB8::1", true), ("[2001:db8::1]:443", "2001:db8::1", true),
        ("example.org:443", "relay.example.org", true), ("example.org:80", "relay.example.org", false),
        ("192.0.2.1:80", "192.0.2.1", false), ("", "relay.example.org", false), (",,", "relay.example.org", false),
    ] as [(String, String, Bool)])
    func contains(list: String, host: String, isExcepted: Bool) {
        #expect(ProxyExceptions(list).contains(host: host, port: 443) == isExcepted)
    }

    @Test("a list without end is read up to its limit")
    func bounded() {
        let list = ProxyExceptions(String(repeating: "a.example,", count: 1000) + "relay.example.org")
        #expect(list.contains(host: "a.example", port: 1))
        #expect(!list.contains(host: "relay.example.org", port: 1))
    }
}

@Suite("ProxyChoice")
struct ProxyChoiceTests {
    private let relay = RelayEndpoint(isSecure: true, host: "relay.example.org", port: 443)

    @Test("the variables are looked at in their order, and what is no HTTP proxy is passed over", arguments: [
        (["https_proxy": "http://a:1", "http_proxy": "http://b:2"], "a:1"), (["HTTPS_PROXY": "http://a:1", "all_proxy": "b:2"], "a:1"),
        (["all_proxy": "socks5://a:1", "http_proxy": "b:2"], "b:2"), (["https_proxy": "", "ALL_PROXY": "c:3"], nil),
        (["HTTP_PROXY": "http://visitor:1"], nil), ([:], nil),
        (["https_proxy": "http://a:1", "no_proxy": "example.org"], nil), (["https_proxy": "http://a:1", "NO_PROXY": "*"], nil),
        (["https_proxy": "http://a:1", "no_proxy": "localhost"], "a:1"),
    ] as [([String: String], String?)])
    func environment(environment: [String: String], proxy: String?) {
        let rule = ProxyChoice.fromEnvironment(environment)
        #expect(rule?.proxy(for: relay.host, port: relay.port).map { "\($0)" } == proxy)
    }

    @Test("a relay on this machine is asked by nobody else, unless the person says so")
    func loopback() throws {
        #expect(ProxyChoice.fromEnvironment(["https_proxy": "http://a:1"])?.proxy(for: "localhost", port: 3478) == nil)
        #expect(try ProxyChoice.rule(given: "http://a:1")?.proxy(for: "127.0.0.1", port: 3478) != nil)
    }

    @Test("what was given is taken, “none” is none, and what is no proxy is not repeated")
    func given() throws {
        #expect(try ProxyChoice.rule(given: "proxy:3128").map { "\($0.proxy)" } == "proxy:3128")
        #expect(try ProxyChoice.rule(given: "none") == nil)
        for text in ["http://anna:secret@", "socks5://anna:secret@proxy:1080"] {
            do {
                _ = try ProxyChoice.rule(given: text)
                Issue.record("\(text) was taken")
            } catch {
                #expect(error.description.contains("http://HOST:PORT") && !error.description.contains("secret"))
                #expect(error.description.contains("SOCKS") == text.hasPrefix("socks"))
            }
        }
    }
}

@Suite("ProxyFailure")
struct ProxyFailureTests {
    private func sentence(_ status: HTTPResponseStatus, _ headers: [(String, String)] = [], proxy: String = "proxy:3128") throws -> String {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: HTTPHeaders(headers))
        return ProxyFailure(head, to: "relay.example.org:3478", of: try #require(HTTPProxy(proxy))).description
    }

    @Test("each answer has its sentence, which says what to do")
    func sentences() throws {
        #expect(try sentence(.proxyAuthenticationRequired).contains("write http://NAME:PASSWORD@proxy:3128 into the environment's https_proxy"))
        // What is written on a command line can be read by everybody on the machine.
        #expect(try !sentence(.proxyAuthenticationRequired, [("Proxy-Authenticate", "Basic realm=\"x\"")]).contains("--proxy"))
        #expect(try sentence(.proxyAuthenticationRequired, proxy: "http://anna:secret@proxy:3128").contains("does not take this name"))
        #expect(try sentence(.unauthorized, proxy: "http://anna:secret@proxy:3128").contains("does not take this name"))
        let negotiate = [("Proxy-Authenticate", "Negotiate"), ("Proxy-Authenticate", "NTLM")]
        #expect(try sentence(.proxyAuthenticationRequired, negotiate).contains("Negotiate or NTLM"))
        #expect(try sentence(.forbidden).contains("relay.example.org:3478 (403 Forbidden): ask whoever runs it"))
        #expect(try sentence(.badGateway).contains("does not get through to relay.example.org:3478"))
    }

    @Test("what a proxy writes cannot speak to a terminal")
    func harmless() throws {
        let text = try sentence(.custom(code: 499, reasonPhrase: "\u{1B}]0;x\u{7}" + String(repeating: "n", count: 5000)))
        #expect(text.allSatisfy { !$0.isNewline && $0 != "\u{1B}" && $0 != "\u{7}" } && text.count < 400)
    }
}
