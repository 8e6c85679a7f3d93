import NetPrimitives
import STUN
import TURN

// Refresh (RFC 8656 §8.2).
extension RelayMachine {
    mutating func refresh(
        _ index: AllocationTable.Index, _ message: Message, answer: inout MessageBuilder, at now: Instant
    ) throws(RequestRefusal) {
        let families = try familiesToRefresh(index, message, at: now)
        let requested = try message.wellFormed(Lifetime.self)?.value
        guard requested != 0 else {
            for family in families { deleteAddress(index, family) }
            return answer.add(Lifetime(0))
        }
        let lifetime = AllocateRequest.granted(requested)
        let expiry = now + .seconds(Int64(lifetime))
        for family in families { allocations[index]?.relayed[family]?.expiresAt = expiry }
        noteExpiry(expiry, of: index, at: now)
        updateForwarding(of: index)
        answer.add(Lifetime(lifetime))
    }

    /// The family that the request names, else all that are there; 443 for one that is not.
    private func familiesToRefresh(
        _ index: AllocationTable.Index, _ message: Message, at now: Instant
    ) throws(RequestRefusal) -> [IPAddress.Family] {
        guard let allocation = allocations[index] else { throw RequestRefusal(.allocationMismatch) }
        let live = allocation.relayed.families.filter { allocation.relayed($0, at: now) != nil }
        guard let named = try message.wellFormed(RequestedAddressFamily.self) else { return live }
        guard let family = named.family, live.contains(family) else { throw RequestRefusal(.peerAddressFamilyMismatch) }
        return [family]
    }

    /// Without its last address the allocation is gone.
    private mutating func deleteAddress(_ index: AllocationTable.Index, _ family: IPAddress.Family) {
        guard let allocation = allocations[index] else { return }
        if allocation.relayed.families == [family] {
            endAllocation(index, .deleted)
        } else if let address = allocations.removeAddress(index, family) {
            endForwarding(of: allocation, family)
            release(address, of: allocation.holder)
        }
    }
}
