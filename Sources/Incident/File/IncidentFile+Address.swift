extension IncidentFile {
    /// The same invitation with one address in place of its own: where a tunnel to that computer begins.
    ///
    /// - Parameters:
    ///   - ticket: what the sealed ticket holds, where there is one.
    ///   - password: what it was sealed with, and is again.
    public func leading(to address: MachineAddress, ticket: ConnectionString2?, password: String?) throws(IncidentError) -> IncidentFile {
        var file = self
        file.connectionString1?.addresses = [address]
        guard sealedTicket != nil else { return file }
        guard var ticket, let password else { throw .wrongPassword }
        ticket.addresses = [address]
        guard let sealed = SealedTicket(sealing: ticket, password: password) else { throw .malformed("LHTICKET") }
        file.sealedTicket = sealed
        return file
    }
}
