/// Where the service listens: `127.0.0.1:8720`, `[::1]:8720`, `station-7.plant:443`.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    public var host: String
    /// 0 takes any that is free.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nobody but programs on this machine can reach it.
    public static let loopback = ListenAddress(host: "127.0.0.1", port: 8720)

    /// - Returns: nil for text that is no address with a port.
    public init?(_ text: String) {
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            guard let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon else { return nil }
            host = text[..<colon]
            rest = text[colon...]
        }
        guard !host.isEmpty, rest.first == ":", let port = Int(rest.dropFirst()), (0...65_535).contains(port)
        else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    public var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

/// The certificate chain and its key, PEM files.
public struct TLSFiles: Sendable, Equatable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// How a service runs; the defaults suit a station with a screen of its own.
public struct ServiceSettings: Sendable {
    public var listen = ListenAddress.loopback
    public var tls: TLSFiles?
    /// Listens beyond loopback without TLS; said in so many words, or not at all.
    public var insecureBeyondLoopback = false
    /// Further host names under which browsers reach the station.
    public var names: [String] = []
    /// Whether who is not signed in may look at line and record.
    public var guests = false
    /// How long units in work may take to their end when the service is stopped.
    public var parking = Duration.seconds(30)
    /// Part of the last units that must pass, 0 to 1; below it an alarm is raised.
    public var yieldFloor = 0.6
    /// Where the archive of the record's oldest entries lies; nil looks beside the record.
    public var archive: String?
    /// Folder of the service's own files: beside the record.
    public var home: String
    /// The program's name and version.
    public var program: String
    /// Ends when the orders it was given are done, instead of staying.
    public var untilDone = false
    /// How long another program's lock on the service's own database is waited for, seconds.
    var databasePatience = 5.0
    /// Connections at once.
    public var mostConnections = 512

    public init(home: String, program: String) {
        self.home = home
        self.program = program
    }

    /// - Throws: ``ServiceRefusal`` when the settings would open the station to whoever can hear the network.
    public func check() throws(ServiceRefusal) {
        if !listen.isLoopback, tls == nil, !insecureBeyondLoopback { throw .insecure(listen) }
        if listen.isLoopback, insecureBeyondLoopback { throw .pointless }
    }

    var localFile: String { home + "/service.json" }
    var databaseFile: String { home + "/service.db" }
    var peopleFile: String { home + "/people.db" }
}

/// Why a service doesn't start.
public enum ServiceRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case insecure(ListenAddress)
    case pointless
    case taken(ListenAddress, String)
    case certificate(String)

    public var description: String {
        switch self {
        case .insecure(let address):
            "\(address) can be reached from other machines, and without TLS badges and PINs would travel in the clear. "
                + "Give --tls-certificate and --tls-key, or listen on 127.0.0.1, or say --insecure-beyond-loopback."
        case .pointless:
            "--insecure-beyond-loopback is for addresses that other machines can reach; this one they can't. Leave it out."
        case .taken(let address, let why):
            "Nothing can listen on \(address): \(why). Is another service running there? Choose another with --listen."
        case .certificate(let what): what
        }
    }
}
