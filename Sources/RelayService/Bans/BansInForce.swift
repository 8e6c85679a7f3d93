import NetPrimitives
import Relay
import Rendezvous

/// The bans that hold, as the parts of a relay ask for them.
struct BansInForce: Hashable, Sendable {
    /// For TURN, and for whoever connects.
    var relay = BanRules()
    /// For contacts.
    var people = PersonBans()
}

extension BansInForce {
    init(_ bans: some Collection<Ban>) { self.init(relay: BanRules(bans), people: PersonBans(bans)) }
}

extension BanRules {
    init(_ bans: some Sequence<Ban>) {
        var (users, blocks): (Set<String>, [CIDRBlock]) = ([], [])
        for ban in bans {
            switch ban.subject {
            case .user(let name): users.insert(name)
            case .addresses(let block): blocks.append(block)
            case .person, .key: continue
            }
        }
        self.init(users: users, addresses: blocks)
    }
}
