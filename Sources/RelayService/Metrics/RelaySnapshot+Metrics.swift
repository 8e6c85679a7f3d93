import Foundation
import NetPrimitives
import Relay
import Rendezvous

// The metrics of a relay. Their names are a contract: alerts and the dashboard in Deploy/ are written from them. No
// label names a user, an address or a look-up.
extension RelaySnapshot {
    var metrics: MetricPage {
        var page = MetricPage()
        writeProcess(to: &page)
        writeOperation(to: &page)
        writeAllocations(to: &page)
        writeTraffic(to: &page)
        writeConnections(to: &page)
        writeRendezvous(to: &page)
        writeContacts(to: &page)
        writeDialBack(to: &page)
        writeBans(to: &page)
        return page
    }

    private func writeProcess(to page: inout MetricPage) {
        page.add(
            "ra_relay_build_info", .gauge, "1, the version of the program.",
            [.init(labels: [.init(name: "version", value: RelayVersion.current)], value: 1)])
        page.gauge(
            "process_start_time_seconds", operation.started.timeIntervalSince1970, "Start of the process, Unix time in seconds.")
        page.add(
            "process_cpu_seconds_total", .counter, "User and system CPU time in seconds.", [.init(value: process.cpuSeconds)])
        page.gauge("process_resident_memory_bytes", Double(process.residentBytes), "Resident memory in bytes.")
        page.gauge("process_virtual_memory_bytes", Double(process.virtualBytes), "Virtual memory in bytes.")
        page.gauge("process_open_fds", Double(process.openFiles), "Open file descriptors.")
        page.gauge("process_max_fds", Double(process.maximumFiles), "Limit of open file descriptors.")
        page.gauge("process_threads", Double(process.threads), "Threads of the process.")
    }

    private func writeOperation(to page: inout MetricPage) {
        page.gauge("ra_relay_ready", operation.isReady ? 1 : 0, "1 when /readyz answers 200.")
        page.gauge("ra_relay_draining", operation.drain == nil ? 0 : 1, "1 while the relay is draining.")
        page.gauge("ra_relay_workers", Double(workers.count), "Worker threads of the data plane.")
        page.add(
            "ra_relay_worker_cpu_seconds_total", .counter, "CPU time of a worker thread in seconds.",
            workers.enumerated().map { number, worker in
                .init(labels: [.init(name: "worker", value: "\(number)")], value: worker.cpuSeconds)
            })
        page.add(
            "ra_relay_listeners", .gauge, "Addresses and ports that are listened on.",
            [("udp", operation.place?.udp), ("tcp", operation.place?.tcp)].map { transport, addresses in
                .init(labels: [.init(name: "transport", value: transport)], value: Double(addresses?.count ?? 0))
            })
        if let end = operation.certificateEnd {
            page.gauge(
                "ra_relay_certificate_expiry_timestamp_seconds", end.timeIntervalSince1970,
                "End of the certificate in use, Unix time in seconds.")
        }
        let reloads = operation.reloads
        page.gauge(
            "ra_relay_configuration_last_reload_successful", reloads.lastSucceeded ? 1 : 0,
            "1 when the configuration that was last read is in use.")
        page.gauge(
            "ra_relay_configuration_last_reload_success_timestamp_seconds", reloads.lastSuccess.timeIntervalSince1970,
            "When a configuration was last taken over, Unix time in seconds.")
        page.add(
            "ra_relay_configuration_reloads_total", .counter, "SIGHUPs by what became of them.",
            [("success", reloads.succeeded), ("failure", reloads.failed)].map { result, count in
                .init(labels: [.init(name: "result", value: result)], value: Double(count))
            })
    }

    private func writeAllocations(to page: inout MetricPage) {
        let census = total.allocations
        page.add(
            "ra_relay_allocations", .gauge, "Allocations that live, by the client's transport and the relayed family.",
            ClientTransport.allCases.flatMap { transport in
                census[transport].all.map { family, count in
                    .init(
                        labels: [.init(name: "transport", value: transport.label), .init(name: "family", value: family.label)],
                        value: Double(count))
                }
            })
        page.gauge("ra_relay_allocations_limit", Double(allocationsLimit), "Allocations that the relay makes at most.")
        page.tally(
            "ra_relay_allocations_made_total", .counter, "transport", total.allocationsMade,
            "Allocations made, by the client's transport.")
        page.tally(
            "ra_relay_allocations_ended_total", .counter, "reason", total.counters.allocationsEnded,
            "Allocations that ended: by the client, by time, with the client's connection, or by a ban.")
    }

    private func writeTraffic(to page: inout MetricPage) {
        let counters = total.counters
        page.tally(
            "ra_relay_requests_total", .counter, "method", counters.requests, "STUN and TURN requests that were understood.")
        let refusals = counters.refusals.sorted {
            ($0.key.method.rawValue, $0.key.code.label) < ($1.key.method.rawValue, $1.key.code.label)
        }
        page.add(
            "ra_relay_requests_refused_total", .counter,
            "Error responses by method and code; a 401 to a first request is how every client begins.",
            refusals.map { refusal, count in
                .init(
                    labels: [
                        .init(name: "method", value: refusal.method.label), .init(name: "code", value: refusal.code.label),
                    ], value: Double(count))
            })
        page.tally(
            "ra_relay_authentication_failures_total", .counter, "reason", counters.authenticationFailures,
            "Requests with credentials that do not hold.")
        page.counter(
            "ra_relay_unproven_suppressed_total", counters.unprovenSuppressed,
            "Requests of unproven sources that were left without an answer.")
        page.tally(
            "ra_relay_relayed_packets_total", .counter, "direction", counters.relayedPackets, "Datagrams or runs of a stream relayed.")
        page.tally(
            "ra_relay_relayed_bytes_total", .counter, "direction", counters.relayedBytes,
            "Bytes of payload relayed, without TURN's headers.")
        page.tally("ra_relay_dropped_packets_total", .counter, "reason", counters.dropped, "Packets that were not relayed.")
        page.histogram(
            "ra_relay_request_duration_seconds", total.requestDurations,
            "Seconds from the arrival of a STUN or TURN request at a worker to its answer.")
    }

    private func writeConnections(to page: inout MetricPage) {
        page.tally("ra_relay_connections", .gauge, "kind", connections.open, "TCP connections by what they speak.")
        page.gauge("ra_relay_connections_limit", Double(connectionsLimit), "TCP connections at most.")
        page.counter("ra_relay_connections_accepted_total", connections.accepted, "TCP connections taken from the system.")
        page.tally(
            "ra_relay_connections_refused_total", .counter, "reason", connections.refused,
            "TCP connections closed at once: the relay's bound or one source's was reached.")
        page.gauge(
            "ra_relay_connections_waiting_bytes", Double(streamMemory.held),
            "Bytes that wait in the relay for TCP connections: sent and not worked off, written and not read.")
        page.counter(
            "ra_relay_connections_evicted_total", streamMemory.closed,
            "TCP connections closed as too many bytes waited for all of them, and most for these.")
        page.gauge("ra_relay_dtls_sessions", Double(secureSessions.open.total), "DTLS sessions, those in their handshake too.")
        page.gauge("ra_relay_dtls_sessions_limit", Double(SecureClients.total), "DTLS sessions at most.")
        page.counter(
            "ra_relay_dtls_sessions_accepted_total", secureSessions.accepted, "DTLS clients that returned their cookie.")
        page.tally(
            "ra_relay_dtls_sessions_refused_total", .counter, "reason", secureSessions.refused,
            "Of these, those that got no session: the relay's bound or one source's was reached.")
    }

    private func writeRendezvous(to page: inout MetricPage) {
        let counters = meetings.counters
        page.gauge(
            "ra_relay_invitations_open", Double(meetings.invitations), "Invitations whose sharer is connected here.")
        page.counter("ra_relay_invitations_created_total", counters.invitationsCreated, "Invitations made.")
        page.tally(
            "ra_relay_invitations_refused_total", .counter, "reason", counters.invitationsRefused,
            "Invitations that were asked for and not made, by the bound that was reached.")
        page.tally("ra_relay_lookups_total", .counter, "result", counters.lookups, "What helpers' look-ups got.")
        page.tally(
            "ra_relay_meetings", .gauge, "stage", meetings.stages, "Helper and sharer connected through the rendezvous.")
        page.counter("ra_relay_meetings_confirmed_total", counters.confirmed, "Meetings whose key was confirmed.")
        page.counter(
            "ra_relay_wrong_guesses_total", counters.wrongGuesses, "Helpers whose secret was wrong, as sharers said.")
        page.counter(
            "ra_relay_invitations_burnt_total", counters.burnt, "Invitations that are void after three wrong guesses.")
        page.counter("ra_relay_store_errors_total", meetings.storeErrors, "Errors of the invitations' database.")
    }

    private func writeDialBack(to page: inout MetricPage) {
        page.add(
            "ra_relay_dial_backs_total", .counter, "Ports of askers that were tried from outside, by what became of it.",
            [("tcp", dialBack.tcp), ("udp", dialBack.udp)].flatMap { transport, tally in
                tally.all.map { result, count in
                    .init(
                        labels: [.init(name: "transport", value: transport), .init(name: "result", value: result.label)],
                        value: Double(count))
                }
            })
        page.tally(
            "ra_relay_dial_backs_refused_total", .counter, "reason", dialBack.refused, "Dials that were asked for and not made.")
    }

    private func writeBans(to page: inout MetricPage) {
        func samples(_ label: String, _ values: KeyValuePairs<String, Double>) -> [MetricFamily.Sample] {
            values.map { .init(labels: [.init(name: label, value: $0)], value: $1) }
        }
        page.add(
            "ra_relay_bans", .gauge, "Bans that hold, by what they cover.",
            samples("kind", [
                "user": Double(bans.users), "address": Double(bans.addresses), "person": Double(bans.names), "key": Double(bans.keys),
            ]))
        page.gauge(
            "ra_relay_bans_read_timestamp_seconds", bans.lastRead?.timeIntervalSince1970 ?? 0,
            "When the bans were last read from the store, Unix time in seconds; 0: never.")
        page.tally(
            "ra_relay_banned_requests_total", .counter, "reason", total.counters.bannedRequests,
            "TURN and STUN requests of who is banned: of a user, answered with 401; of an address, not answered.")
        page.add(
            "ra_relay_banned_connections_total", .counter, "TCP connections of banned addresses: closed while open, refused as they came.",
            samples("result", ["closed": Double(bans.connectionsClosed), "refused": Double(bans.connectionsRefused)]))
    }
}
