import Logging
import NetPrimitives
import PortMapping

extension Logger {
    /// Writes down what became of a port of ours at the router.
    func note(_ event: Mapper.Event, of base: TransportAddress) {
        switch event {
        case .mapped(let mapping): info("a port is open", metadata: Self.fields(mapping))
        case .renewed(let mapping): debug("it stays open", metadata: Self.fields(mapping))
        case .lost(let method, let failure):
            info("it is not open any more", metadata: ["port": "\(base)", "by": "\(method)", "why": "\(failure)"])
        case .failed(let method, let failure):
            debug("no port is opened", metadata: ["port": "\(base)", "by": "\(method)", "why": "\(failure)"])
        }
    }

    /// Writes down what came of trying it from outside.
    func note(_ proof: MappingProof, of mapping: Mapping) {
        debug("tried from outside", metadata: Self.fields(mapping).merging(["result": "\(proof)"]) { $1 })
    }

    private static func fields(_ mapping: Mapping) -> Metadata {
        ["port": "\(mapping.internal)", "external": "\(mapping.external)", "by": "\(mapping.method)"]
    }
}
