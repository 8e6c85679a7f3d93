import CCurl
import Foundation
import Mail

/// A mail server that takes messages (RFC 5321, RFC 6409), spoken to by libcurl.
struct SMTPServer: Sendable {
    let host: String
    let port: Int
    let encryption: MailConfiguration.Encryption
    let user: String?
    let password: String?
    /// A file with the authorities that may vouch for the server, besides none; nil: the system's.
    let authorities: String?

    /// Seconds to reach it, and for all of it.
    private static let connectTimeout = 15, timeout = 60

    /// libcurl wants to be told once, before its first use.
    private static let isReady = ra_curl_global_init() == CURLE_OK

    /// The port for submission (RFC 6409 section 3.1), and the one with TLS from the start (RFC 8314 section 3.3).
    private static let submission = 587, submissions = 465

    /// - Parameter password: nil where the server wants none.
    init?(_ configuration: MailConfiguration, password: String?) {
        guard let server = configuration.server else { return nil }
        host = server
        port = configuration.port ?? (configuration.encryption == .implicit ? Self.submissions : Self.submission)
        encryption = configuration.encryption ?? (port == Self.submissions ? .implicit : configuration.isLoopback ? .none : .starttls)
        user = configuration.user
        self.password = password
        authorities = configuration.authorities
    }

    /// Sends one message. This blocks: it is for a thread of its own.
    func send(_ message: [UInt8], from: MailAddress, to: MailAddress) throws(MailFailure) {
        guard Self.isReady, let curl = curl_easy_init() else { throw MailFailure(description: "libcurl does not start.") }
        defer { curl_easy_cleanup(curl) }
        let recipients = curl_slist_append(nil, "<\(to)>")
        defer { curl_slist_free_all(recipients) }

        // What this libcurl does not know must not be left out in silence: a demand for TLS would be among it.
        var answers: [CURLcode] = []
        func set(_ option: CURLoption, _ value: String?) { answers.append(ra_curl_set_string(curl, option, value)) }
        func set(_ option: CURLoption, _ value: Int) { answers.append(ra_curl_set_number(curl, option, value)) }
        set(CURLOPT_URL, "\(encryption == .implicit ? "smtps" : "smtp")://\(host):\(port)")
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        if encryption != .none { set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)) }
        if let authorities {
            set(CURLOPT_CAINFO, authorities)
            // libcurl would look into the system's folder as well.
            set(CURLOPT_CAPATH, nil)
        }
        if let user {
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_PASSWORD, password ?? "")
        }
        set(CURLOPT_MAIL_FROM, "<\(from)>")
        answers.append(ra_curl_set_list(curl, CURLOPT_MAIL_RCPT, recipients))
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT, Self.connectTimeout)
        set(CURLOPT_TIMEOUT, Self.timeout)
        if let refusal = answers.first(where: { $0 != CURLE_OK }) {
            throw MailFailure(description: "libcurl cannot do what is asked of it: \(String(cString: curl_easy_strerror(refusal)))")
        }

        var words = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        // The pointers that libcurl keeps are used until `curl_easy_perform` returns, and the cleanup reads none of them.
        let code = words.withUnsafeMutableBufferPointer { words in
            message.withUnsafeBytes { bytes in
                var upload = ra_curl_upload(bytes: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count: bytes.count)
                return withUnsafeMutablePointer(to: &upload) { upload in
                    ra_curl_set_error_buffer(curl, words.baseAddress)
                    ra_curl_set_upload(curl, upload)
                    return curl_easy_perform(curl)
                }
            }
        }
        guard code == CURLE_OK else {
            let detail = String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).printable
            throw MailFailure(
                description: "\(host) did not take the message: \(detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)")
        }
    }
}
