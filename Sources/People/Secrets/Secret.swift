import CLibCrypto
import ContentAddress

/// Random texts that stand for authority, and how they are kept and compared.
public enum Secret {
    /// `count` random bytes from libcrypto's private generator.
    /// - Throws: ``PeopleError/noRandomNumbers``
    static func randomBytes(_ count: Int) throws(PeopleError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_priv_bytes(&bytes, Int32(count)) == 1 else { throw .noRandomNumbers }
        return bytes
    }

    /// 256 random bits, 43 characters that need no escape in cookies, headers and addresses (RFC 4648 §5).
    /// - Throws: ``PeopleError/noRandomNumbers``
    public static func token() throws(PeopleError) -> String {
        text(
            try randomBytes(32), alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            bits: 6)
    }

    /// Characters that nobody mistakes for each other when typing from a screen (Crockford's base 32), 5 bits each.
    static func readable(characters: Int) throws(PeopleError) -> String {
        let bytes = try randomBytes((characters * 5 + 7) / 8)
        return String(text(bytes, alphabet: "0123456789ABCDEFGHJKMNPQRSTVWXYZ", bits: 5).prefix(characters))
    }

    /// Digits with equal chances, for a PIN that is changed at the first sign-in.
    static func digits(_ count: Int) throws(PeopleError) -> String {
        var text = ""
        while text.utf8.count < count {
            // 250 is the largest multiple of ten in a byte.
            for byte in try randomBytes(count) where byte < 250 && text.utf8.count < count {
                text += String(byte % 10)
            }
        }
        return text
    }

    private static func text(_ bytes: [UInt8], alphabet: StaticString, bits: Int) -> String {
        var units: [UInt8] = []
        var buffer: UInt32 = 0
        var held = 0
        func unit(_ value: UInt32) -> UInt8 { alphabet.utf8Start[Int(value) & ((1 << bits) - 1)] }
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            held += 8
            while held >= bits {
                held -= bits
                units.append(unit(buffer >> UInt32(held)))
            }
            buffer &= (1 << UInt32(held)) - 1
        }
        if held > 0 { units.append(unit(buffer << UInt32(bits - held))) }
        return String(decoding: units, as: UTF8.self)
    }

    /// How a secret with 256 random bits is kept. (PINs have few bits and are kept by ``PINHash``.)
    static func hash(_ secret: String) -> [UInt8] { SHA256Digest(of: Array(secret.utf8)).bytes }

    /// The text that a session's own pages send along. It follows from the session's token by a one-way function, so it
    /// need not be kept, and a page that leaks it gives away no session.
    static func csrf(session: String) -> String {
        SHA256Digest(of: Array("blessing-station-csrf/1\n".utf8) + Array(session.utf8)).hex
    }

    /// Compares in a time that depends on the lengths only.
    public static func areEqual(_ left: String, _ right: String) -> Bool {
        areEqual(Array(left.utf8), Array(right.utf8))
    }

    /// Compares in a time that depends on the lengths only.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
