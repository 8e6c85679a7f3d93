import Glibc
import NetPrimitives
import Rendezvous

/// What a switchboard keeps for each who is present: growth of the process, without sockets and what waits in them. To be asked
/// before anything else has had memory.
enum PresentMemory {
    static func bytes(people: Int, contacts: Int, seed: UInt64) -> Double? {
        guard let url = RelayURL("https://n1.example.org") else { return nil }
        var random = Random(seed)
        let keys = (0..<contacts).map { _ in PersonIdentity(using: &random).key }
        var bounds = SwitchboardConfiguration()
        bounds.maximumConnections = .max
        var board = Switchboard(fleet: FleetView(here: url), configuration: bounds, random: random)
        var directory = InMemoryPeopleStore()
        var before = 0
        // Tables grow by doubling: they are half full at most once, and just full at `people`.
        for number in 0..<people + people / 10 {
            if number == people / 10 { before = inUse() }
            guard let name = PersonName("person-\(number)") else { return nil }
            let id = ConnectionID(UInt64(number))
            var client = PersonClient(identity: PersonIdentity(using: &random), random: random)
            board.connectionOpened(id, source: .v4(0x0B00_0000 + UInt32(number)), host: url.host, at: .zero)
            client.register(name)
            client.present(name, allow: keys, strangers: false)
            client.connectionOpened(to: url)
            var isPresent = false
            while let text = client.nextMessage() {
                board.receive(text, from: id, at: .zero, wallClock: UnixTime(seconds: 1))
                while let output = board.nextOutput() {
                    switch output {
                    case .send(let text, _): client.receive(text, at: UnixTime(seconds: 1))
                    case .ask(let ticket, let request):
                        board.answered(ticket, try? request.perform(in: &directory), at: .zero, wallClock: UnixTime(seconds: 1))
                    case .close: return nil
                    }
                }
                while let event = client.nextEvent() { if case .present = event { isPresent = true } }
            }
            guard isPresent else { return nil }
        }
        let growth = inUse() - before
        // The directory is the database's; here it is in the same process.
        _ = board.presentCount
        return Double(growth) / Double(people)
    }

    /// proc(5), `/proc/pid/statm`: the second number is the resident pages.
    private static func inUse() -> Int {
        let file = open("/proc/self/statm", O_RDONLY)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return 0 }
        let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
