import CLibPQ

/// Where the plant database is: a libpq connection string or URI, a name in a service file, or both absent and everything
/// in the environment (`PGHOST`, `PGSERVICE`, …). TLS modes and certificates are libpq's own settings and are passed on.
public struct PlantAddress: Sendable, Equatable, CustomStringConvertible {
    let connectionString: String
    /// Without the password and without anything that could hide one.
    public let description: String

    /// - Parameters:
    ///   - text: `postgresql://user@host/database?sslmode=verify-full`, or `host=… dbname=…`, or `service=…`.
    ///   - isInSight: it stood on the command line, where no password may stand.
    /// - Throws: ``PlantError/badAddress(_:)``, ``PlantError/passwordInSight``
    public init(_ text: String, isInSight: Bool = false) throws(PlantError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            // libpq repeats the text, and a password with it: only what is wrong is passed on.
            let reason = message.map { String(cString: $0) } ?? "it is empty"
            PQfreemem(message)
            throw .badAddress(Self.withoutQuotes(reason))
        }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        if isInSight, found["password"] != nil || found["sslpassword"] != nil { throw .passwordInSight }
        connectionString = text
        let place = [
            found["service"].map { "of service \($0)" }, found["dbname"],
            (found["host"] ?? found["hostaddr"]).map { "at \($0)" }, found["port"].map { "port \($0)" },
        ].compactMap { $0 }
        description = place.isEmpty ? "of the environment's settings" : place.joined(separator: " ")
    }

    /// The parts of a sentence that stand outside quotation marks.
    private static func withoutQuotes(_ text: String) -> String {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        let kept = parts.enumerated().map { $0 % 2 == 0 ? String($1) : "…" }.joined()
        return String(kept.filter { $0 != "\n" })
    }
}

/// How long the plant may keep the station waiting.
public struct PlantPatience: Sendable, Equatable {
    /// Seconds until a connection must stand.
    public var connecting: Double
    /// Seconds of silence after which a connection is given up. The server is asked to end a statement a little earlier.
    public var silence: Double

    public init(connecting: Double = 10, silence: Double = 60) {
        self.connecting = connecting
        self.silence = silence
    }
}
