import COpenSSL

/// OpenSSL's queue of errors, which belongs to the thread and must be empty before a call that is judged by it.
enum ErrorQueue {
    static func clear() { ERR_clear_error() }

    /// Takes everything out and tells the first error in OpenSSL's own words.
    static func takeText() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        return text(of: code)
    }

    /// Takes everything out and tells what happened to a connection.
    static func takeFailure() -> Failure {
        let code = ERR_get_error()
        ERR_clear_error()
        let reason = ERR_GET_REASON(code)
        // A received alert is reported as its number plus SSL_AD_REASON_OFFSET.
        if let alert = UInt8(exactly: reason - SSL_AD_REASON_OFFSET) { return .alert(alert) }
        if reason == SSL_R_READ_TIMEOUT_EXPIRED { return .timedOut }
        if reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE { return .noPeerCertificate }
        return .protocolViolation(text(of: code))
    }

    private static func text(of code: UInt) -> String {
        guard code != 0 else { return "no cause given" }
        guard let reason = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: reason)
    }
}
