import Foundation

/// Charts as PNG, by librsvg's `rsvg-convert`, where that is installed.
public enum PortableImage {
    /// Why there is no PNG.
    public enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
        case notInstalled
        case failed(status: Int32, said: String)

        public var description: String {
            switch self {
            case .notInstalled:
                "There is no rsvg-convert here, which makes PNG out of SVG: install Debian's librsvg2-bin, or take the SVG."
            case .failed(let status, let said):
                "rsvg-convert ended with status \(status)\(said.isEmpty ? "" : " and said: \(said)"). Take the SVG."
            }
        }
    }

    static let places = [
        "/usr/bin/rsvg-convert", "/usr/local/bin/rsvg-convert", "/opt/homebrew/bin/rsvg-convert",
    ]

    /// The picture at twice its size, which is sharp on paper.
    /// - Parameter program: nil looks in the usual places.
    /// - Throws: ``Fault``
    public static func png(of chart: Chart, program: String? = nil) async throws -> [UInt8] {
        guard let program = program ?? places.first(where: FileManager.default.isExecutableFile(atPath:)),
            FileManager.default.isExecutableFile(atPath: program)
        else { throw Fault.notInstalled }
        let svg = Data(chart.svg.utf8)
        return try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: the child is waited for, and nobody else's task may stand in line behind it.
            Thread.detachNewThread {
                continuation.resume(with: Result { try convert(svg, with: program) })
            }
        }
    }

    private static func convert(_ svg: Data, with program: String) throws -> [UInt8] {
        // Files, not pipes: a child that stops reading could never block us.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "station-chart-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (
            folder.appendingPathComponent("in.svg"), folder.appendingPathComponent("out.png")
        )
        let saidPlace = folder.appendingPathComponent("said.txt")
        try svg.write(to: input)
        _ = FileManager.default.createFile(atPath: saidPlace.path, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--zoom", "2", "--format", "png", "--output", output.path, input.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: saidPlace)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0, let bytes = try? Data(contentsOf: output), !bytes.isEmpty else {
            let said = (try? String(contentsOf: saidPlace, encoding: .utf8)) ?? ""
            throw Fault.failed(status: process.terminationStatus, said: String(said.prefix(200)))
        }
        return Array(bytes)
    }
}
