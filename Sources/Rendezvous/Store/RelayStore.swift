/// All that a relay keeps: the same for a file of its own and for the database of a fleet.
public protocol RelayStore: InvitationStore, PeopleStore, NodeStore, BanStore {}
