import NetPrimitives
import Rendezvous

// What the switchboard counts. No label names a person.
extension RelaySnapshot {
    func writeContacts(to page: inout MetricPage) {
        let counters = contacts.counters
        page.gauge("ra_relay_contact_connections", Double(contacts.connections), "Connections of people's programs.")
        page.gauge("ra_relay_people_present", Double(contacts.present), "People who are there for their contacts.")
        page.gauge("ra_relay_calls", Double(contacts.calls), "Calls between contacts that have not ended.")
        page.tally(
            "ra_relay_calls_total", .counter, "result", counters.calls,
            "Calls between contacts: passed on, nobody there for them, another node's, or refused for a bound.")
        page.tally("ra_relay_identity_proofs_total", .counter, "result", counters.proofs, "Proofs of people's keys.")
        page.tally(
            "ra_relay_banned_people_total", .counter, "result", counters.banned,
            "People's connections that a ban covers: closed while open, refused after the proof.")
        page.counter("ra_relay_names_registered_total", counters.namesRegistered, "Names that were given to a key.")
        page.tally(
            "ra_relay_names_refused_total", .counter, "reason", counters.namesRefused,
            "Names that were asked for and not given: another's, not allowed, too many an hour, or the directory is full.")
        page.counter(
            "ra_relay_presences_replaced_total", counters.replaced, "Presences that another connection of the same person took over.")
        page.counter(
            "ra_relay_presences_moved_total", counters.moved, "People who were told to go to another node as the fleet changed.")
        page.counter(
            "ra_relay_people_questions_failed_total", counters.unanswered,
            "Questions to the directory of people that were not answered within five seconds, or failed.")
    }
}
