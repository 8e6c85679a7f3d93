/// The version of the program, as `--version`, `ra-relay status` and the metrics tell it.
public enum RelayVersion {
    public static let current = "0.1.0"
}
