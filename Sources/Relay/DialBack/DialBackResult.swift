public import NetPrimitives

/// What became of one dial: all that the relay tells of it.
public enum DialBackResult: Int, TallyLabel {
    /// TCP: somebody took the connection, and was sent the nonce. UDP: the nonce was answered.
    case open
    /// TCP: a reset. Over UDP it cannot be told from silence.
    case refused
    /// Nothing came back in time, or the network says that there is no way.
    case filtered
    /// UDP from a port that is listened on, which takes no answer: the asker alone knows whether it came.
    case sent
}
