import CLibSSL
import Foundation

/// Certificate, key and rules for one side of many connections.
final class TLSContext: Sendable {
    enum Side: Sendable, Equatable {
        case server
        /// Believes the certificates that the system trusts, and only for this host name.
        case client
    }

    let side: Side
    /// Set up once in `init` and only read afterwards, which OpenSSL allows from any thread.
    nonisolated(unsafe) private let context: OpaquePointer

    /// For a server.
    /// - Throws: ``ServiceRefusal/certificate(_:)``, which names the file and what is wrong with it.
    convenience init(server files: TLSFiles) throws(ServiceRefusal) {
        try self.init(.server)
        guard FileManager.default.isReadableFile(atPath: files.certificate) else {
            throw .certificate("The certificate \(files.certificate) can't be read.")
        }
        guard FileManager.default.isReadableFile(atPath: files.key) else {
            throw .certificate("The key \(files.key) can't be read.")
        }
        let mode = try? FileManager.default.attributesOfItem(atPath: files.key)[.posixPermissions] as? Int
        if let mode, mode & 0o007 != 0 {
            throw .certificate(
                "The key \(files.key) has mode 0\(String(mode, radix: 8)), so everybody here can read it. Run chmod 600 on it."
            )
        }
        guard SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1 else {
            throw .certificate(
                "\(files.certificate) holds no certificate chain in PEM form: \(Self.lastError()).")
        }
        guard SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1 else {
            let why = Self.lastError()
            throw .certificate(
                why.contains("mismatch")
                    ? "The key \(files.key) does not belong to the certificate \(files.certificate)."
                    : "\(files.key) holds no key in PEM form without a passphrase: \(why).")
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw .certificate(
                "The key \(files.key) does not belong to the certificate \(files.certificate).")
        }
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, chosenLength, offered, offeredLength, _ in
                // The list is length-prefixed names; the only one spoken here is http/1.1.
                guard let offered, let chosen, let chosenLength else { return SSL_TLSEXT_ERR_NOACK }
                let names = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
                let wanted = Array("http/1.1".utf8)
                var index = 0
                while index < names.count {
                    let length = Int(names[index])
                    guard index + 1 + length <= names.count else { break }
                    if Array(names[(index + 1)..<(index + 1 + length)]) == wanted {
                        chosen.pointee = offered + index + 1
                        chosenLength.pointee = UInt8(length)
                        return SSL_TLSEXT_ERR_OK
                    }
                    index += 1 + length
                }
                return SSL_TLSEXT_ERR_NOACK
            }, nil)
    }

    /// For a client.
    static func client() throws(ServiceRefusal) -> TLSContext {
        let context = try TLSContext(.client)
        SSL_CTX_set_default_verify_paths(context.context)
        SSL_CTX_set_verify(context.context, SSL_VERIFY_PEER, nil)
        return context
    }

    /// For a client that believes the certificates of one file, and no others; whose name they bear does not matter then.
    static func client(trusting file: String) throws(ServiceRefusal) -> TLSContext {
        let context = try TLSContext(.client)
        guard SSL_CTX_load_verify_locations(context.context, file, nil) == 1 else {
            throw .certificate("\(file) holds no certificates in PEM form: \(lastError()).")
        }
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
        SSL_CTX_set_verify(context.context, SSL_VERIFY_PEER, nil)
        return context
    }

    private init(_ side: Side) throws(ServiceRefusal) {
        ERR_clear_error()
        guard let made = SSL_CTX_new(side == .server ? TLS_server_method() : TLS_client_method()) else {
            throw .certificate("OpenSSL can't be set up: \(Self.lastError()).")
        }
        self.side = side
        context = made
        _ = station_ssl_least_version(made, TLS1_2_VERSION)
        station_ssl_no_renegotiation(made)
        _ = station_ssl_release_buffers(made)
    }

    deinit { SSL_CTX_free(context) }

    /// Whole days until the certificate ends, negative when it has; nil without one.
    var daysLeft: Int? {
        guard let certificate = SSL_CTX_get0_certificate(context) else { return nil }
        var (days, seconds): (Int32, Int32) = (0, 0)
        guard ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1 else { return nil }
        return seconds < 0 && days == 0 ? -1 : Int(days)
    }

    /// One connection.
    /// - Parameter name: the server's, for a client: it is sent, and the certificate must be for it.
    func makeConnection(name: String?) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        switch side {
        case .server: SSL_set_accept_state(ssl)
        case .client:
            SSL_set_connect_state(ssl)
            if let name {
                _ = station_ssl_server_name(ssl, name)
                SSL_set1_host(ssl, name)
            }
        }
        return ssl
    }

    /// What OpenSSL has to say, and the queue emptied.
    static func lastError() -> String {
        var text = "no reason given"
        while true {
            let code = ERR_get_error()
            if code == 0 { return text }
            if let reason = ERR_reason_error_string(code) { text = String(cString: reason) }
        }
    }
}
