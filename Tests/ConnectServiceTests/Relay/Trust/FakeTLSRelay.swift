import CertificateSupport
@testable import ConnectService
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTransport
import NetPrimitives

/// A relay's description over HTTPS, on loopback, and nothing else.
struct FakeTLSRelay: Sendable {
    let port: UInt16
    private let channel: any Channel

    init(_ identity: TestIdentity) async throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: identity.der, format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)))
        configuration.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        let description = #"""
            {"version":1,"name":"fake","realm":"fake","rendezvous":"wss://localhost/rendezvous","web":null,"stun":[],"turn":[],
            "probe":{"ports":[]}}
            """#
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(HTTPAnswerHandler { _, _ in .text(.ok, description) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = UInt16(channel.localAddress?.port ?? 0)
    }

    func close() { channel.close(promise: nil) }
}
