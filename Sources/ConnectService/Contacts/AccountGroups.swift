import Glibc

/// The groups of this computer that an account is in, as its directory of people says (getgrouplist(3)).
enum AccountGroups {
    /// More are not looked at.
    private static let limit: Int32 = 1024

    /// Empty when there is no such account.
    static func names(of account: String) -> Set<String> {
        // unsafe: what the library returns points to its own storage, which is read before the next call.
        guard let entry = getpwnam(account) else { return [] }
        let primary = entry.pointee.pw_gid
        var numbers = [gid_t](repeating: 0, count: Int(limit))
        var count = limit
        guard getgrouplist(account, primary, &numbers, &count) >= 0 else { return [] }
        return Set(numbers.prefix(Int(count)).compactMap { number in getgrgid(number).map { String(cString: $0.pointee.gr_name) } })
    }
}
