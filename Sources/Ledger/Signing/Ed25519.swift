import CLibCrypto

/// Ed25519 (RFC 8032) by the system's libcrypto.
enum Ed25519 {
    static let keyLength = 32
    static let signatureLength = 64

    /// A secret key.
    struct Secret: Sendable {
        /// 32 bytes: what RFC 8032 calls the private key.
        let seed: [UInt8]
        /// 32 bytes.
        let publicKey: [UInt8]

        /// - Returns: nil unless `seed` counts exactly 32 bytes.
        init?(seed: [UInt8]) {
            guard seed.count == keyLength,
                let publicKey = Self.withKey(
                    seed,
                    { key in
                        Ed25519.bytes(ofLength: keyLength) { EVP_PKEY_get_raw_public_key(key, $0, $1) }
                    })
            else { return nil }
            self.seed = seed
            self.publicKey = publicKey
        }

        /// A new one out of the system's random numbers; nil when there are none.
        static func random() -> Secret? {
            var seed = [UInt8](repeating: 0, count: keyLength)
            guard RAND_priv_bytes(&seed, Int32(keyLength)) == 1 else { return nil }
            return Secret(seed: seed)
        }

        /// The signature over `message`, 64 bytes; nil when libcrypto has no memory left.
        func sign(_ message: [UInt8]) -> [UInt8]? {
            Self.withKey(seed) { key in
                Ed25519.withContext { context in
                    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1 else { return nil }
                    return Ed25519.bytes(ofLength: signatureLength) {
                        EVP_DigestSign(context, $0, $1, message, message.count)
                    }
                }
            }
        }

        private static func withKey<Result>(_ seed: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
            guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
                return nil
            }
            defer { EVP_PKEY_free(key) }
            return body(key)
        }
    }

    /// Whether `signature` was made over `message` by the owner of `publicKey`.
    static func isValid(signature: [UInt8], over message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureLength, publicKey.count == keyLength,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
        else { return false }
        defer { EVP_PKEY_free(key) }
        return withContext { context in
            EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
                && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        } ?? false
    }

    private static func withContext<Result>(_ body: (OpaquePointer) -> Result?) -> Result? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        return body(context)
    }

    /// Bytes that a call of libcrypto fills; nil when it fails or fills fewer.
    private static func bytes(
        ofLength length: Int, _ fill: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<Int>) -> Int32
    ) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: length)
        var filled = length
        let done = bytes.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { fill($0, &filled) } == 1
        }
        return done && filled == length ? bytes : nil
    }
}
