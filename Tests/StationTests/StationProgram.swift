import Foundation

/// The built program, run as a user would run it, in a folder of its own.
struct StationProgram {
    let home: String

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A copy of the demo station, its database apart.
    init() throws {
        home = NSTemporaryDirectory() + "station-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: Self.root.appendingPathComponent("stations/demo").path, toPath: home + "/demo")
        try? FileManager.default.removeItem(atPath: home + "/demo/var")
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: home)
    }

    var database: String { home + "/demo/var/station.db" }

    struct Outcome {
        var status: Int32
        var out: String
        var error: String
        var wasKilled: Bool
    }

    /// Beside the test bundle lie the products.
    static var program: URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<4
        where !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("station").path) {
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("station")
    }

    /// - Parameter killAfter: seconds after which the program gets SIGKILL; nil lets it end by itself.
    @discardableResult
    func run(_ arguments: String..., killAfter: Double? = nil, folder: String? = nil) throws -> Outcome {
        try run(arguments, killAfter: killAfter, folder: folder)
    }

    @discardableResult
    func run(_ arguments: [String], killAfter: Double? = nil, folder: String? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["BLESSING_STATION"] = folder ?? home + "/demo"
        environment["NO_COLOR"] = "1"
        process.environment = environment
        let out = home + "/out-\(UUID().uuidString)"
        let error = home + "/err-\(UUID().uuidString)"
        FileManager.default.createFile(atPath: out, contents: nil)
        FileManager.default.createFile(atPath: error, contents: nil)
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: error))
        process.standardInput = FileHandle.nullDevice
        try process.run()
        if let killAfter {
            let pid = process.processIdentifier
            let killer = DispatchWorkItem { kill(pid, SIGKILL) }
            DispatchQueue.global().asyncAfter(deadline: .now() + killAfter, execute: killer)
            process.waitUntilExit()
            killer.cancel()
        } else {
            process.waitUntilExit()
        }
        return Outcome(
            status: process.terminationStatus,
            out: (try? String(contentsOfFile: out, encoding: .utf8)) ?? "",
            error: (try? String(contentsOfFile: error, encoding: .utf8)) ?? "",
            wasKilled: process.terminationReason == .uncaughtSignal)
    }

    /// Replaces text in a file of the station folder.
    func edit(_ file: String, _ old: String, _ new: String) throws {
        let path = home + "/demo/" + file
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard text.contains(old) else { throw CocoaError(.fileReadCorruptFile) }
        try text.replacingOccurrences(of: old, with: new).write(
            toFile: path, atomically: true, encoding: .utf8)
    }

    /// Runs SQL on the database with the system's own shell.
    func sql(_ statements: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", database, statements]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}
