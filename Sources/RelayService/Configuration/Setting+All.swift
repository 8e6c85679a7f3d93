import NetPrimitives
import Relay
import Rendezvous

extension Setting {
    /// Every key of the file, one a line; `Deploy/ra-relay.toml` documents each, and a test compares the two.
    static let all: [Setting] = [
        Setting("listen", \.listen, .list(of: .address), .atRestart),
        Setting("port", \.port, .port, .atRestart),
        Setting("also-listen", \.alsoListen, .list(of: .port), .atRestart),
        Setting("external-ip", \.externalAddresses, .list(of: .externalAddress), .atRestart),
        Setting("realm", \.realm, .text(1...128, "write 1 to 128 characters, such as the relay's host name."), .atReload),
        Setting("users", \.users, .users, .atReload),
        Setting("auth-secret", \.authSecrets, .secrets, .atReload),
        Setting("password-algorithms", \.passwordAlgorithms, .flag, .atReload),
        Setting("username-anonymity", \.usernameAnonymity, .flag, .atReload),
        Setting("relay-ports", \.relayPorts, .portRange, .atRestart),
        Setting("allow-peer", \.allowPeers, .list(of: .block), .atReload),
        Setting("deny-peer", \.denyPeers, .list(of: .block), .atReload),
        Setting("alternate-server", \.alternateServers, .list(of: .socket, problem: oneOfEachFamily), .atReload),
        Setting("public-url", \.publicURL, .publicURL, .atRestart),
        Setting("tls-cert", \.tlsCertificate, .text(), .atReload),
        Setting("tls-key", \.tlsKey, .text(), .atReload),
        Setting("tls-self-signed", \.tlsSelfSigned, .flag, .atReload),
        Setting("tls-port", \.tlsPort, .port, .atRestart),
        Setting("state", \.stateDirectory, .state, .atRestart),
        Setting("node-url", \.nodeURL, .publicURL, .atRestart),
        Setting("workers", \.workers, .integer(1...256), .atRestart),
        Setting("quota-per-user", \.quotas.perUser, .integer(0...10_000_000), .atReload),
        Setting("quota-per-invitation", \.quotas.perInvitation, .integer(0...10_000_000), .atReload),
        Setting("quota-per-address", \.quotas.perAddress, .integer(0...10_000_000), .atReload),
        Setting("quota-total", \.quotas.total, .integer(0...10_000_000), .atReload),
        Setting("new-peers-per-second", \.quotas.newPeersPerSecond, .integer(0...10_000_000), .atReload),
        Setting("bandwidth-per-allocation", \.traffic.perAllocation.bytes, .rate, .atReload),
        Setting("bandwidth-per-invitation", \.traffic.perInvitation.bytes, .rate, .atReload),
        Setting("bandwidth-per-user", \.traffic.perUser.bytes, .rate, .atReload),
        Setting("bandwidth-total", \.traffic.total.bytes, .rate, .atReload),
        Setting("packets-per-allocation", \.traffic.perAllocation.packets, .rate, .atReload),
        Setting("packets-per-invitation", \.traffic.perInvitation.packets, .rate, .atReload),
        Setting("packets-per-user", \.traffic.perUser.packets, .rate, .atReload),
        Setting("packets-total", \.traffic.total.packets, .rate, .atReload),
        Setting("may-invite", \.meetings.inviters, .list(of: .block), .atReload),
        Setting("longest-invitation", \.meetings.longestInvitation, .duration(.seconds(60) ... .seconds(366 * 86_400)), .atReload),
        Setting("lookups-per-minute", \.meetings.lookupsPerMinute, .integer(1...1_000_000), .atReload),
        Setting("invitations-per-minute", \.meetings.invitationsPerMinute, .integer(1...1_000_000), .atReload),
        Setting("open-invitations-per-address", \.meetings.maximumInvitationsPerSource, .integer(0...100_000), .atReload),
        Setting(
            "rendezvous-connections-per-address", \.meetings.maximumConnectionsPerSource,
            .integer(1...ConnectionLimits.perSource), .atReload),
        Setting("may-register", \.contacts.registrars, .list(of: .block), .atReload),
        Setting("names-total", \.contacts.maximumPeople, .integer(0...100_000_000), .atReload),
        Setting("new-names-per-hour", \.contacts.newNamesPerHour, .integer(1...1_000_000), .atReload),
        Setting("name-lookups-per-minute", \.contacts.looksPerMinute, .integer(1...1_000_000), .atReload),
        Setting("calls-per-minute", \.contacts.callsPerMinute, .integer(1...1_000_000), .atReload),
        Setting(
            "contact-connections-per-address", \.contacts.maximumConnectionsPerSource, .integer(1...ConnectionLimits.perSource),
            .atReload),
        Setting("unproven-rate", \.unprovenRate, .integer(0...10_000_000), .atRestart),
        Setting("nat-discovery", \.natDiscovery, .flag, .atRestart),
        Setting("dial-back", \.dialBack, .flag, .atReload),
        Setting("tcp-allocations", \.tcpAllocations, .flag, .atReload),
        Setting("metrics", \.metrics, .socket, .atRestart),
        Setting("drain-deadline", \.drainDeadline, .duration(.seconds(1) ... .seconds(86_400)), .atReload),
        Setting("mobility", \.mobility, .flag, .atReload),
        Setting("log-level", \.logLevel, .choice, .atReload),
        Setting("log-format", \.logFormat, .choice, .atRestart),
    ]

    /// What a reload takes over while there is a certificate before and after it.
    static let certificateKeys: Set = ["tls-cert", "tls-key", "tls-self-signed"]

    @Sendable private static func oneOfEachFamily(_ addresses: [TransportAddress]) -> String? {
        Set(addresses.map(\.family)).count == addresses.count ? nil : "name one IPv4 address and one IPv6 address at most."
    }

    static func named(_ key: String) -> Setting? { all.first { $0.key == key } }
}

extension SettingKind<String> {
    /// A directory, or a database. What is wrong is told without the text: there may be a password in it.
    static var state: SettingKind {
        var kind = text()
        kind.problem = { text in
            if PostgresURL.namesDatabase(text) {
                return PostgresURL.isUnderstood(text) ? nil : PostgresURL.mistake
            }
            if text.contains("://") { return "write a directory, or the address of a PostgreSQL database: postgres://…" }
            return (1...4096).contains(text.utf8.count) ? nil : "write 1 to 4096 characters."
        }
        return kind
    }
}

extension SettingKind<Int> {
    /// Per second: up to what no machine moves.
    static var rate: SettingKind { .integer(0...100_000_000_000) }
}

extension SettingKind<ServeConfiguration.User> {
    static var user: SettingKind {
        .parsed(
            problem: {
                $0.name.hasPrefix(QuotaLedger.Limits.invitationPrefix)
                    ? "names that begin with “\(QuotaLedger.Limits.invitationPrefix)” are the invitations'." : nil
            },
            // Never the text itself: it may hold a password.
            wrong: { _ in "write each as “name:password”." }, ServeConfiguration.User.init)
    }
}

extension SettingKind<[ServeConfiguration.User]> {
    static var users: SettingKind {
        .list(of: .user, problem: { Set($0.map(\.name)).count == $0.count ? nil : "one name stands there twice." })
    }
}

extension SettingKind<[String]> {
    /// Several only while they are being changed: a stranger's request costs an HMAC for each.
    static var secrets: SettingKind {
        .oneOrSeveral(of: .text(8...1024, "fewer than 8 characters are guessed in no time."), of: 1...4)
    }
}

extension SettingKind<IPAddress> {
    static var externalAddress: SettingKind {
        var kind = address
        kind.problem = {
            $0.isUnspecified ? "“\($0)” is no host's address: write the one by which the internet reaches this host." : nil
        }
        return kind
    }
}

extension SettingKind<ClosedRange<UInt16>> {
    static var portRange: SettingKind {
        .parsed(
            problem: { range in
                if range.lowerBound < 1024 { return "ports below 1024 belong to services; write 49152-65535." }
                return range.count < 2 ? "an even port and its neighbour need at least two ports." : nil
            },
            wrong: { "“\($0)” is not a range such as 49152-65535." }, { try? PortRange($0).range })
    }
}

extension SettingKind<String> {
    static var publicURL: SettingKind {
        .parsed(
            problem: { url in
                let text = url.lowercased()
                let isGood = (text.hasPrefix("http://") || text.hasPrefix("https://"))
                    && ServeConfiguration.authority(of: url) != nil
                return isGood ? nil : "write it as https://relay.example.org or http://203.0.113.7:3478."
            },
            wrong: { _ in "" }, { $0 })
    }
}
