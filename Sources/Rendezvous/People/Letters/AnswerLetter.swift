/// What two people write to each other within a call that is open; the relay does not see it.
public enum AnswerLetter: Hashable, Sendable {
    /// The callee's program has told its person.
    case ringing
    case accepted
    case declined
    /// Another one was first: the caller needs nobody any more.
    case taken
    /// To a request: the address and, with the signature, the key of the callee, who has taken the caller among its contacts.
    case card(PersonAddress)
    /// To an offer: yes, with what to join; `about` is the offer's.
    case invitation(Ring)
}
