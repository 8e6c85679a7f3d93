public import NetPrimitives

extension Agent {
    /// What an agent tells its driver.
    public enum Event: Hashable, Sendable {
        /// The pair that carries data from now on. Comes again if the peer chooses another one; a silence and a
        /// lost consent that were told of the old one are over then.
        case selectedPair(CandidatePair)
        /// The selected pair is of another kind than was said: a candidate that arrived later tells what
        /// one of its addresses is.
        case reclassified(CandidatePair)
        /// Nothing has come from the peer since then: neither answers nor checks nor, as far as the driver
        /// tells, data.
        case pathSilent(since: Instant)
        /// Something came again.
        case pathRecovered
        /// No data may be sent any more: no check was answered for 30 s (RFC 7675 §5.1).
        case consentLost
        /// Data may be sent again.
        case consentRestored
        case failed(Failure)
    }

    /// Why an agent has given up. Nothing comes after it; a new agent with new credentials may try again.
    public enum Failure: Error, Hashable, Sendable {
        /// Both sides have named all their candidates, and no pair of them works.
        case noPairSucceeded
        /// There was a path; it was silent for too long.
        case peerLost
    }

    /// What `receive` has done with a datagram.
    public enum Reception: Hashable, Sendable {
        /// It was a check or an answer to one, or pretended to be: the agent has dealt with it.
        case handled
        /// STUN, but none of the agent's: another client's on the same port, or nobody's.
        case foreign
        /// Not STUN: the layers above know, or nobody does. Nothing vouches for its sender yet.
        case application
    }
}
