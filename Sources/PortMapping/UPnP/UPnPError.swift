import CMiniUPnPc

/// The error numbers of UPnP's services (WANIPConnection:1 §2.5.16, WANIPConnection:2 §2.5.17, WANIPv6FirewallControl:1
/// §2.5), which libminiupnpc returns as they are; its own are negative.
enum UPnPError {
    /// NoSuchEntryInArray.
    static let noSuchEntry = 714
    /// NoSuchEntry.
    static let noSuchPinhole = 704

    /// What an answer of AddPortMapping or AddAnyPortMapping means for us.
    static func answer(code: Int, asked: Ask) -> Answer {
        switch code {
        case 718, 729:  // ConflictInMappingEntry, ConflictWithOtherMechanisms
            .conflict
        case 725:  // OnlyPermanentLeasesSupported
            .onlyPermanentLeases
        case 402 where asked.lifetime != nil, 501 where asked.lifetime != nil:
            // Invalid Args and Action Failed: what some older routers say instead of 725.
            .onlyPermanentLeases
        case 401, 606:  // Invalid Action: the service is switched off; Action not authorized
            .failed(.notAuthorized)
        case 728:  // NoPortMapsAvailable
            .failed(.outOfResources)
        default:
            other(code)
        }
    }

    /// What an answer of AddPinhole or UpdatePinhole means for us.
    static func pinholeAnswer(code: Int) -> Answer {
        switch code {
        case 401, 606, 703:  // Invalid Action, Action not authorized, InboundPinholeNotAllowed
            .failed(.notAuthorized)
        case 701:  // PinholeSpaceExhausted
            .failed(.outOfResources)
        case 702:
            .failed(.refused(code: code, reason: "its firewall is off: nothing has to be opened"))
        default:
            other(code)
        }
    }

    /// What an answer of DeletePortMapping or DeletePinhole means for us.
    static func release(code: Int) -> Release {
        switch code {
        case Int(UPNPCOMMAND_SUCCESS): .closed
        case ..<0: .unanswered
        default: .refused
        }
    }

    private static func other(_ code: Int) -> Answer {
        if code < 0 { return .unanswered(.refused(code: code, reason: "no proper answer from the router")) }
        let name = strupnperror(Int32(clamping: code)).map { String(cString: $0) }
        return .failed(.refused(code: code, reason: name ?? "unknown error"))
    }
}
