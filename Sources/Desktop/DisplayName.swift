internal import Glibc

/// Which X display is meant.
public enum DisplayName {
    /// The given name, else `$DISPLAY`; throws a sentence for the person when neither names one.
    public static func resolve(
        _ given: String?, environment: (String) -> String? = Self.processEnvironment
    ) throws(DisplayError) -> String {
        if let given, !given.isEmpty { return given }
        if let value = environment("DISPLAY"), !value.isEmpty { return value }
        let wayland = environment("WAYLAND_DISPLAY") ?? ""
        throw wayland.isEmpty ? .noDisplay : .waylandOnly
    }

    public static func processEnvironment(_ variable: String) -> String? {
        getenv(variable).map { String(cString: $0) }
    }
}
