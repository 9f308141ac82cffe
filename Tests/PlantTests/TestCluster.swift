import ContentAddress
import Foundation
import Ledger
import Plant
import StationStore
import Synchronization
import TimeAndChance

/// A PostgreSQL server of the tests' own, in a temporary folder, on a Unix socket; started once for all suites.
/// Where its programs are not installed there is none, and the suites say so.
final class TestCluster: Sendable {
    static let shared: TestCluster? = try? TestCluster()

    /// Debian keeps them out of the PATH.
    static let programs: String? = {
        let homes = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return homes.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }()

    static let why = "PostgreSQL's server is not installed: `sh stations/setup/packages.sh plant`"

    let folder: String
    private let counter = Mutex(0)

    private init() throws {
        guard let programs = Self.programs else { throw CocoaError(.fileNoSuchFile) }
        // A socket's path holds 107 bytes at most.
        folder = "/tmp/plant-tests-\(getpid())"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if geteuid() == 0 { try Self.run("/bin/chown", ["postgres", folder]) }
        try asOwner(
            programs + "/initdb",
            ["-D", folder + "/data", "-U", "plant", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"])
        // One user needs a password, the others none.
        let rules = folder + "/data/pg_hba.conf"
        let text = try String(contentsOfFile: rules, encoding: .utf8)
        try ("local all secretive scram-sha-256\n" + text).write(
            toFile: rules, atomically: false, encoding: .utf8)
        // It lives as long as this process: the shell waits for the end of its standard input, which ends with us.
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command =
            "\(programs)/postgres -D \(folder)/data -k \(folder) -c listen_addresses= -c fsync=off "
            + "-c max_connections=100 -c shared_buffers=64MB > \(folder)/log 2>&1 & "
            + "pid=$!; cat > /dev/null; kill -QUIT $pid; wait $pid; rm -rf \(folder)"
        server.arguments =
            geteuid() == 0
            ? ["-c", "exec setpriv --reuid postgres --regid postgres --clear-groups sh -c '\(command)'"]
            : ["-c", command]
        server.standardInput = Self.lifeline
        try server.run()
        // Waits in the server's own time, not in ours.
        for _ in 0..<200 {
            if (try? Self.run(programs + "/pg_isready", ["-q", "-h", folder])) != nil { return }
            usleep(50_000)
        }
        throw CocoaError(.executableLoad)
    }

    private static let lifeline = Pipe()

    private func asOwner(_ program: String, _ arguments: [String]) throws {
        if geteuid() == 0 {
            try Self.run(
                "/usr/bin/setpriv",
                ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", program] + arguments)
        } else {
            try Self.run(program, arguments)
        }
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    /// The server itself.
    func address(_ database: String = "postgres", user: String = "plant") throws -> PlantAddress {
        try PlantAddress("host=\(folder) user=\(user) dbname=\(database)")
    }

    /// A new database with the plant's tables.
    func newPlant() async throws -> (address: PlantAddress, database: PlantDatabase) {
        let address = try await newDatabase()
        let database = PlantDatabase(address)
        _ = try await database.bringUpToDate()
        return (address, database)
    }

    func newDatabase() async throws -> PlantAddress {
        let name = counter.withLock { counter in
            counter += 1
            return "plant\(counter)"
        }
        let server = PlantDatabase(try address())
        try await server.execute("CREATE DATABASE \(name)")
        await server.close()
        return try address(name)
    }
}
