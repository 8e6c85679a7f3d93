import CLinuxNet

/// The user as whom the package's service runs.
public enum ServiceAccount {
    public static let name = "ra-relay"

    /// Gives this process the rights of that user, for good: its real, effective and saved ones.
    ///
    /// - Returns: false, and nothing has changed, when it does not run as root, or when there is no such user.
    public static func become() -> Bool { ra_become(name) == 0 }
}
