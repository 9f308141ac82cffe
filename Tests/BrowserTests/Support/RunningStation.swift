import Foundation
import Glibc

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `station serve` on the demo line, as people start it.
final class RunningStation {
    let home: String
    let port: Int
    private var process = Process()
    private let program: String

    var address: String { "http://127.0.0.1:\(port)" }

    struct Fault: Error, CustomStringConvertible { var description: String }

    /// The program that was built with these tests; nil when it has no `serve`.
    static let program: String? = {
        let path = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent("station").path
        let candidates = [path, FileManager.default.currentDirectoryPath + "/.build/debug/station"]
        guard let program = candidates.first(where: FileManager.default.isExecutableFile(atPath:)),
            let help = try? output(program, ["serve", "--help"]), help.contains("station serve")
        else { return nil }
        return program
    }()

    static func output(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    private let pace: String
    private let faults: String

    /// - Parameters:
    ///   - faults: of the arriving units, as `--faults` takes them.
    ///   - pace: how many times faster than real time; 0 is as fast as possible.
    ///   - golden: the device ID of the first unit that arrives, as a golden unit, and of the second, as a gauge part.
    init(faults: String = "", pace: String = "0", golden: [String] = []) async throws {
        guard let program = Self.program else { throw Fault(description: "no station serve") }
        self.program = program
        self.pace = pace
        self.faults = faults
        home = NSTemporaryDirectory() + "browser-\(UUID().uuidString)"
        port = try Self.freePort()
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        try FileManager.default.copyItem(
            atPath: root.appendingPathComponent("stations/demo").path, toPath: home + "/demo")
        if golden.count == 2 {
            let file = URL(fileURLWithPath: home + "/demo/station.yaml")
            let text = """

                golden:
                  every: 8 h
                  units:
                    - name: GOLDEN-1
                      device: \(golden[0])
                      measurements:
                        - { step: rail, name: rail_3v3, reference: 3.295, tolerance: 0.03 }
                  gauge-parts:
                    - { name: PART-1, device: \(golden[1]) }

                """
            try Data((try String(contentsOf: file, encoding: .utf8) + text).utf8).write(to: file)
        }
        _ = try Self.output(
            program, ["init", "--folder", home + "/demo", "--database", home + "/station.db"])
        let code = try await start()
        guard let code else { throw Fault(description: "the service printed no set-up code") }
        try await post(
            "/api/v1/setup", ["code": code, "id": "mei", "name": "Li Na", "badge": "B-0001", "pin": "835201"])
    }

    /// Starts the service and waits until it says where it listens.
    /// - Returns: the set-up code, while there is no administrator.
    @discardableResult
    func start() async throws -> String? {
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [
            "serve", "--folder", home + "/demo", "--database", home + "/station.db", "--listen",
            "127.0.0.1:\(port)",
            "--order", "WO-2026-0117", "--mode", "scan", "--pace", pace, "--faults", faults,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle(forWritingAtPath: "/dev/null") ?? FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let handle = pipe.fileHandleForReading
        let text: String = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                var text = ""
                while true {
                    let data = handle.availableData
                    if data.isEmpty {
                        return continuation.resume(throwing: Fault(description: "the service ended: \(text)"))
                    }
                    text += String(decoding: data, as: UTF8.self)
                    if text.contains("It stays until") { break }
                }
                continuation.resume(returning: text)
                // The pipe must stay empty, or the service would wait for a reader.
                while !handle.availableData.isEmpty {}
            }
        }
        return text.matches(of: /[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}/).first.map {
            String($0.output)
        }
    }

    /// Ends it at once, as a power cut does.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Lets it not answer, as a pulled cable does, and lets it go on.
    func freeze(_ frozen: Bool) { Glibc.kill(process.processIdentifier, frozen ? SIGSTOP : SIGCONT) }

    func end() {
        if process.isRunning { kill() }
        try? FileManager.default.removeItem(atPath: home)
    }

    private func post(_ path: String, _ fields: [String: String]) async throws {
        guard let url = URL(string: address + path) else { throw Fault(description: path) }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue(UUID().uuidString, forHTTPHeaderField: "Idempotency-Key")
        request.httpBody = try JSONSerialization.data(withJSONObject: fields)
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode, (200..<300).contains(status) else {
            throw Fault(description: "\(path): \(String(decoding: data, as: UTF8.self))")
        }
    }

    private static func freePort() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard bound else { throw Fault(description: "no free port") }
        return Int(UInt16(bigEndian: place.sin_port))
    }
}
