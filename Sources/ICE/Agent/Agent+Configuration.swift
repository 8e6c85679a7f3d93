extension Agent {
    /// The agent's numbers. The defaults are for two of our own agents.
    public struct Configuration: Sendable, Hashable {
        /// Ta: the time between two new checks. RFC 8445 §14.2 takes 50 ms unless both sides agree on
        /// another value, and 5 ms at the least. Both ends of ours use 20 ms.
        public var pacing: Duration = .milliseconds(20)
        /// Ta for the first checks of all, and how many they are. They are most of what a session needs, and for a
        /// person every 20 ms before a relayed pair's first check is a good part of a round trip. 5 ms is what NATs
        /// were measured to bear (RFC 8445 appendix B.1); so few of them are 1 KB on the line.
        public var firstPacing: Duration = .milliseconds(5)
        public var hurriedChecks = 10
        /// The lower bound of a check's first retransmission. RFC 8445 §14.3 says 500 ms, after the round
        /// trips of the slowest links; with it one lost packet in the hole punching costs the half second
        /// that people notice. 250 ms is above the round trip of nearly every path, and what is sent too
        /// early is one packet of 100 bytes. Set 500 ms towards agents that insist.
        public var minimumRTO: Duration = .milliseconds(250)
        /// Rc and Rm of a check (RFC 8489 §6.2.1): 0, 250, 750, 1750, 3750, 7750 ms, given up 2 s later. In
        /// ten seconds a NAT that will let a packet in has done so.
        public var requestCount = 6
        public var finalWaitFactor = 8
        /// RFC 8445 §6.1.2.5's default.
        public var pairLimit = 100
        /// Local and remote candidates kept at most, each: four interfaces of two families with a handful
        /// of addresses each, and listeners for TCP; more is a peer that wants us to send.
        public var candidateLimit = 48
        /// How long a failure is put off after the checks could begin, for a peer-reflexive candidate may
        /// still come (RFC 8863 §4: about the time of a whole check).
        public var failurePatience: Duration = .seconds(12)
        /// Whether the agent goes on after the selection: the rest of the list is checked for something better and for
        /// pairs that stand by, and before it data may flow on any valid pair. RFC 8445 §8.1.2 ends the checks there.
        public var looksOn = true
        /// When the controlling agent chooses.
        public var nomination = NominationPolicy()
        public var consent = ConsentTiming()

        public init() {}
    }
}
