import CLibCrypto
import ContentAddress

/// How a receiver knows that a webhook is the station's: HMAC-SHA-256 over time and body.
///
/// `X-Station-Signature: t=<Unix seconds>,v1=<hexadecimal digits>`, where the digits are HMAC-SHA-256 with the target's
/// secret over `<t>.<body>`. A receiver that refuses times more than five minutes away can't be fooled by repetition.
enum WebhookSignature {
    static func header(_ body: [UInt8], secret: String, at seconds: Int64) -> String {
        "t=\(seconds),v1=\(digits(Array("\(seconds).".utf8) + body, secret: secret))"
    }

    /// HMAC-SHA-256 in hexadecimal digits.
    static func digits(_ message: [UInt8], secret: String) -> String {
        let key = Array(secret.utf8)
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        let made = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, code.count, &count
        )
        // Nil only when OpenSSL has no SHA-256, and then nothing of the station works; no receiver takes an empty code.
        guard made != nil, count == 32 else { return "" }
        return code.hexDigits
    }
}
