import ICE
import NetPrimitives
import TestSupport

extension RestartingAgent {
    /// An agent of a host with one address, which has told all of itself.
    static func gathered(
        _ role: Role, seed: UInt64, at address: TransportAddress, configuration: Agent.Configuration = .init()
    ) -> RestartingAgent {
        var random = SplitMix64(seed: seed)
        var agent = RestartingAgent(
            role: role, localCredentials: Credentials(using: &random), configuration: configuration, random: random)
        agent.addLocalCandidate(.host(address), at: .zero)
        agent.endOfLocalCandidates(at: .zero)
        return agent
    }
}
