import NetPrimitives
import Relay
import TURN

@testable import STUN

/// Requests that pass authentication, with attributes that are only bytes, to a relay that has allocations: those who may
/// come in can be bad too.
func fuzz(_ bytes: [UInt8]) {
    dialBack(String(decoding: bytes, as: UTF8.self))
    var (clients, machine) = prepared
    var input = Input(bytes)
    while !input.isEmpty {
        let index = input.number(0...clients.count - 1)
        let method = STUN.Method(rawValue: UInt16(input.number(0...15)))
        let messageClass = MessageClass(rawValue: UInt8(input.number(0...3))) ?? .request
        let request = request(messageClass, method, input.bytes(input.number(0...511)), of: &clients[index])
        machine.receive(request, from: clients[index].fiveTuple, at: .zero, wallClock: HandClient.wallClock)
        for case .toClient(_, let answer) in drain(&machine) where !ChannelData.looksLike(answer) {
            expect((try? Message(decoding: answer)) != nil, "the machine sent what is no message: \(answer)")
        }
    }
}

/// What stands behind the question mark of `/dial-back`: written again, it says the same.
private func dialBack(_ query: String) {
    guard let request = DialBackRequest(query: query) else { return }
    let via = request.via.map { "&via=\($0)" } ?? ""
    let text = "transport=\(request.transport)&port=\(request.port)&nonce=\(request.nonce)\(via)"
    expect(DialBackRequest(query: text) == request, query)
}

/// A relay and its clients: a dual allocation over UDP, one for TCP connections over TCP, and one that is not there yet.
private let prepared: ([HandClient], Machine) = {
    var machine = makeMachine()
    var clients = [HandClient(), HandClient("8.8.4.4:4", transport: .tcp), HandClient("[2600::2]:3")]
    let wishes: [[any Attribute]] = [[RequestedTransport(.udp), AdditionalAddressFamily(.ipv6)], [RequestedTransport(.tcp)]]
    for index in clients.indices {
        let bare = clients[index].bare(.allocate, [RequestedTransport(.udp)])
        guard case .toClient(_, let challenge)? = clients[index].exchange(bare, &machine).first,
            let nonce = try? Message(decoding: challenge)[Nonce.self]
        else { continue }
        clients[index].nonce = nonce.text
        guard index < wishes.count else { continue }
        _ = clients[index].exchange(clients[index].request(.allocate, wishes[index]), &machine)
    }
    expect(machine.allocationCount == 2, "\(machine.allocationCount) allocations")
    return (clients, machine)
}()

/// A message whose first attributes are bytes of the input, and whose credentials are right.
private func request(
    _ messageClass: MessageClass, _ method: STUN.Method, _ attributes: [UInt8], of client: inout HandClient
) -> [UInt8] {
    var builder = MessageBuilder(messageClass, method, transactionID: client.newID())
    builder.add(Username(client.username))
    builder.add(Realm(client.realm))
    builder.add(Nonce(client.nonce))
    var bytes = builder.finish()
    let credentials = bytes[Message.headerSize...]
    bytes = Array(bytes[..<Message.headerSize]) + attributes
    bytes += Array(repeating: 0, count: (4 - attributes.count % 4) % 4) + credentials
    let code = MessageIntegrity.compute(.sha1, over: bytes[...], attributeOctets: 20, key: client.key)
    bytes += [0, 8, 0, 20] + code
    let length = bytes.count - Message.headerSize
    bytes[2] = UInt8(length >> 8)
    bytes[3] = UInt8(length & 0xFF)
    return bytes
}
