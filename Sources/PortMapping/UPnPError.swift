/// The error numbers of UPnP's connection services (WANIPConnection:1 §2.5.16, WANIPConnection:2 §2.5.17), which
/// libminiupnpc returns as they are; its own are negative.
enum UPnPError {
    /// What an answer of AddPortMapping means for us. `name` is the library's word for the number.
    static func answer(code: Int, name: String, asked: Ask) -> Answer {
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
        case ..<0:
            .failed(.refused(code: code, reason: "no proper answer from the router"))
        default:
            .failed(.refused(code: code, reason: name))
        }
    }
}
