import HostNetwork
package import ICE
import NetPrimitives
import Rendezvous

// A path without a session on it, for a peer that is an ICE agent and nothing else: what Tests/Interop/IceAgent needs, to
// meet other people's.
extension PeerConnection {
    /// Begins the checks. Whatever comes that is not STUN is handed up as it is, instead of being given to DTLS: nothing
    /// vouches for it. `.pathChanged` says when datagrams can be sent.
    ///
    /// - Parameter receive: called on `loop`.
    package func carryDatagrams(for peer: ICE.Credentials, receive: @escaping @Sendable ([UInt8]) -> Void) {
        guard dtls == nil, receiveDatagram == nil else { return }
        receiveDatagram = receive
        hasConnected = true  // nobody's hand has to be shaken: the first path is told of as a change
        agent.setRemoteCredentials(peer, at: MonotonicClock.now())
        drain()
    }

    /// Sends a datagram, as long as there is a path and the peer consents to receive; else it is lost.
    package func sendDatagram(_ bytes: [UInt8]) {
        sendData(bytes, at: MonotonicClock.now())
        drain()
    }

    /// Asks one TURN server at an address that needs no look-up (RFC 7065): for an address there, and by UDP how it sees our
    /// ports. Without one this side is done with gathering.
    ///
    /// - Returns: false for an address that cannot be used.
    package func gatherRelayed(at uri: String?, username: String, password: String) -> Bool {
        guard let uri else {
            guard let url = RelayURL("http://localhost") else { return false }
            gatherRelayed(from: [], credentials: nil, trust: RelayTrust(url))
            return true
        }
        guard let uri = TURNURI(uri), let transport = RelayServer.Transport(uri), let ip = IPAddress(uri.host),
            let url = RelayURL("https://\(TransportAddress(ip: ip, port: uri.port))")
        else { return false }
        let credentials = TURNCredentials(
            username: username, password: Secret(password.utf8), expires: UnixTime(seconds: .max), uris: [])
        let servers = [RelayServer(host: uri.host, port: uri.port, ip: ip, transport: transport)]
        gatherReflexive(from: servers)
        gatherRelayed(from: servers, credentials: credentials, trust: RelayTrust(url))
        return true
    }
}
