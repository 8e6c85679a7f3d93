import NetPrimitives

/// The TCP and TLS clients of one worker: by five-tuple, and by the small numbers that routes carry.
struct StreamClients {
    private var slots: [AttachedClient?] = []
    private var free: [Int32] = []
    private var numbers: [FiveTuple: Int32] = [:]

    /// In no order.
    var all: [AttachedClient] { slots.compactMap(\.self) }

    subscript(fiveTuple: FiveTuple) -> AttachedClient? { numbers[fiveTuple].flatMap { self[$0] } }

    /// nil: nobody has the number any more.
    subscript(number: Int32) -> AttachedClient? { slots.indices.contains(Int(number)) ? slots[Int(number)] : nil }

    /// nil: it is no client of this worker.
    func number(of fiveTuple: FiveTuple) -> Int32? { numbers[fiveTuple] }

    /// Adds a client; who had the five-tuple before.
    mutating func add(_ client: AttachedClient) -> AttachedClient? {
        let former = remove(client.fiveTuple)
        let number = free.popLast() ?? Int32(slots.count)
        if Int(number) == slots.count { slots.append(client) } else { slots[Int(number)] = client }
        numbers[client.fiveTuple] = number
        return former
    }

    @discardableResult
    mutating func remove(_ fiveTuple: FiveTuple) -> AttachedClient? {
        guard let number = numbers.removeValue(forKey: fiveTuple) else { return nil }
        defer { slots[Int(number)] = nil }
        free.append(number)
        return slots[Int(number)]
    }
}
