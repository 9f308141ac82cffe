import Foundation
import Plant
import TimeAndChance

/// A PostgreSQL server in a folder of its own, on a Unix socket, that can be made to crash.
final class PostgresCluster {
    /// Where Debian keeps the server's programs; nil where they are not installed.
    static let programs: String? = {
        let homes = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return homes.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }()

    private let programs: String
    let socketFolder: String
    private var data: String { socketFolder + "/data" }

    private let isDurable: Bool

    /// - Parameter isDurable: commits wait for the disk, as they would at a plant.
    init(programs: String, folder: String, isDurable: Bool = false) {
        self.isDurable = isDurable
        self.programs = programs
        socketFolder = folder
    }

    var address: PlantAddress {
        get throws { try PlantAddress("host=\(socketFolder) user=plant dbname=plant") }
    }

    func create() throws {
        try FileManager.default.createDirectory(atPath: socketFolder, withIntermediateDirectories: true)
        if geteuid() == 0 { try Self.run("/bin/chown", ["postgres", socketFolder]) }
        try asOwner("initdb", ["-D", data, "-U", "plant", "-A", "trust", "--locale=C", "-E", "UTF8"])
    }

    private var server: Process?

    /// Without `fsync`: processes are killed here, not the machine, so the system keeps what was written.
    ///
    /// The server is a child of this process: whoever waits for a child waits for all that it leaves running.
    func start() throws {
        let child = Process()
        (child.executableURL, child.arguments) = owned(
            programs + "/postgres",
            [
                "-D", data, "-k", socketFolder, "-c", "listen_addresses=", "-c", "max_connections=100", "-c",
                "fsync=\(isDurable ? "on" : "off")",
            ])
        let log = open(socketFolder + "/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        child.standardError = FileHandle(fileDescriptor: log, closeOnDealloc: true)
        child.standardOutput = FileHandle.nullDevice
        child.standardInput = FileHandle.nullDevice
        try child.run()
        server = child
        for _ in 0..<1200 {
            if (try? Self.run(programs + "/pg_isready", ["-q", "-h", socketFolder])) != nil { return }
            guard child.isRunning else { break }
            usleep(50_000)
        }
        throw Broken("the database did not start: \(socketFolder)/log")
    }

    /// The server ends as in a power cut; the next start recovers.
    func crash() { end(SIGQUIT) }

    func stop() { end(SIGINT) }

    private func end(_ signal: Int32) {
        guard let server, server.isRunning else { return }
        kill(server.processIdentifier, signal)
        server.waitUntilExit()
    }

    /// Kills one of the server's processes, after which it throws all connections out and recovers.
    /// - Returns: false when there was none.
    func killBackend(_ dice: inout SeededGenerator) -> Bool {
        guard let server = server?.processIdentifier,
            let list = try? String(contentsOfFile: "/proc/\(server)/task/\(server)/children", encoding: .utf8)
        else { return false }
        let backends = list.split(separator: " ").compactMap { Int32($0) }.filter { pid in
            let command = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
            return command.contains("plant plant")
        }.sorted()
        guard let victim = backends.randomElement(using: &dice) else { return false }
        return kill(victim, SIGKILL) == 0
    }

    /// The server refuses to run as root; its owner is `postgres` then.
    private func owned(_ path: String, _ arguments: [String]) -> (URL, [String]) {
        guard geteuid() == 0 else { return (URL(fileURLWithPath: path), arguments) }
        return (
            URL(fileURLWithPath: "/usr/bin/setpriv"),
            ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", path] + arguments
        )
    }

    private func asOwner(_ program: String, _ arguments: [String]) throws {
        let (path, words) = owned(programs + "/" + program, arguments)
        try Self.run(path.path, words)
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Broken(
                "\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
    }
}
