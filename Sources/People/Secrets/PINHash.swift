import CLibCrypto
import ContentAddress

/// A PIN as it is kept: scrypt (RFC 7914) with its own salt, and the parameters beside it so that they can be raised
/// later without asking anybody for a new PIN.
struct PINHash: Equatable, Sendable, CustomStringConvertible {
    /// What a guess costs.
    struct Cost: Equatable, Sendable {
        /// N is 2 to this power.
        var logN: Int
        var r: Int
        var p: Int

        /// 32 MiB and about a quarter of a second on a small machine (OWASP Password Storage Cheat Sheet: N = 2^15,
        /// r = 8, p = 3).
        static let station = Cost(logN: 15, r: 8, p: 3)

        /// Bytes that the derivation needs (RFC 7914 §5), with room for libcrypto's own.
        var memory: UInt64 { UInt64(128 * r) * ((1 << UInt64(logN)) + UInt64(p) + 2) + 4096 }

        /// What may be read from a file: a damaged or hostile one must not take the machine down.
        var isSane: Bool { (10...18).contains(logN) && (1...16).contains(r) && (1...8).contains(p) }
    }

    let cost: Cost
    let salt: [UInt8]
    let key: [UInt8]

    /// - Throws: ``PeopleError/noRandomNumbers``
    init(of pin: String, cost: Cost) throws(PeopleError) {
        self.cost = cost
        salt = try Secret.randomBytes(16)
        guard let key = Self.derive(pin, salt, cost) else { throw .noRandomNumbers }
        self.key = key
    }

    /// Reads the kept form; nil when it is damaged.
    init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let logN = Int(parts[1]), let r = Int(parts[2]),
            let p = Int(parts[3]), let salt = [UInt8](hexDigits: parts[4]),
            let key = [UInt8](hexDigits: parts[5]),
            salt.count == 16, key.count == 32
        else { return nil }
        cost = Cost(logN: logN, r: r, p: p)
        guard cost.isSane else { return nil }
        self.salt = salt
        self.key = key
    }

    /// `scrypt$15$8$3$<salt>$<key>`
    var description: String {
        "scrypt$\(cost.logN)$\(cost.r)$\(cost.p)$\(salt.hexDigits)$\(key.hexDigits)"
    }

    func matches(_ pin: String) -> Bool {
        guard let derived = Self.derive(pin, salt, cost) else { return false }
        return Secret.areEqual(derived, key)
    }

    static func derive(_ pin: String, _ salt: [UInt8], _ cost: Cost) -> [UInt8]? {
        var key = [UInt8](repeating: 0, count: 32)
        let units = Array(pin.utf8)
        let done = units.withUnsafeBufferPointer { units in
            units.withMemoryRebound(to: CChar.self) { text in
                EVP_PBE_scrypt(
                    text.baseAddress, text.count, salt, salt.count, 1 << UInt64(cost.logN), UInt64(cost.r),
                    UInt64(cost.p), cost.memory, &key, key.count)
            }
        }
        return done == 1 ? key : nil
    }
}
