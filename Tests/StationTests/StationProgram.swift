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
    func run(
        _ arguments: [String], killAfter: Double? = nil, folder: String? = nil, input: String? = nil,
        output: String? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["BLESSING_STATION"] = folder ?? home + "/demo"
        environment["NO_COLOR"] = "1"
        process.environment = environment
        let out = output ?? home + "/out-\(UUID().uuidString)"
        let error = home + "/err-\(UUID().uuidString)"
        if output == nil { _ = FileManager.default.createFile(atPath: out, contents: nil) }
        _ = FileManager.default.createFile(atPath: error, contents: nil)
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: error))
        process.standardInput = FileHandle.nullDevice
        if let input {
            let pipe = Pipe()
            pipe.fileHandleForWriting.write(Data((input + "\n").utf8))
            try pipe.fileHandleForWriting.close()
            process.standardInput = pipe
        }
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
            out: output == nil ? (try? String(contentsOfFile: out, encoding: .utf8)) ?? "" : "",
            error: (try? String(contentsOfFile: error, encoding: .utf8)) ?? "",
            wasKilled: process.terminationReason == .uncaughtSignal)
    }

    /// A run that is still going on.
    final class Running {
        let process = Process()
        private let out = Pipe()
        private let trouble: String
        private var rest = Data()

        init(_ arguments: [String], environment: [String: String], trouble: String) throws {
            self.trouble = trouble
            process.executableURL = StationProgram.program
            process.arguments = arguments
            process.environment = environment
            process.standardOutput = out
            _ = FileManager.default.createFile(atPath: trouble, contents: nil)
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: trouble))
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }

        /// The next line that the program prints; nil when it has ended.
        func line() -> String? {
            while true {
                if let end = rest.firstIndex(of: 0x0A) {
                    let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
                    rest = Data(rest[rest.index(after: end)...])
                    return line
                }
                let more = out.fileHandleForReading.availableData
                if more.isEmpty { return nil }
                rest += more
            }
        }

        func signal(_ number: Int32) { kill(process.processIdentifier, number) }

        /// Everything that was still to come, what it said on the way, and how it ended.
        func end() -> (lines: [String], error: String, status: Int32) {
            var lines: [String] = []
            while let line = line() { lines.append(line) }
            process.waitUntilExit()
            return (
                lines, (try? String(contentsOfFile: trouble, encoding: .utf8)) ?? "",
                process.terminationStatus
            )
        }
    }

    func start(_ arguments: String...) throws -> Running {
        var environment = ProcessInfo.processInfo.environment
        environment["BLESSING_STATION"] = home + "/demo"
        environment["NO_COLOR"] = "1"
        return try Running(
            arguments, environment: environment, trouble: home + "/err-\(UUID().uuidString)")
    }

    /// A shell script in mount and user namespaces of its own, where `$1` is the program and `$2` this folder.
    /// - Returns: nil where the system allows no such namespaces.
    func inOwnMounts(_ script: String) throws -> (status: Int32, out: String)? {
        func shell(_ script: String) throws -> (Int32, String) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["unshare", "-rm", "sh", "-c", script, "sh", Self.program.path, home]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let out = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: out, as: UTF8.self))
        }
        try FileManager.default.createDirectory(atPath: home + "/mount", withIntermediateDirectories: true)
        guard try shell("mount -t tmpfs -o size=1m tmpfs $2/mount").0 == 0 else { return nil }
        return try shell(script)
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
