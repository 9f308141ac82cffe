import ArgumentParser
import ContentAddress
import Foundation
import Imp003

struct NVRAMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nvram",
        abstract: "Check and pack WiFi NVRAM files.",
        subcommands: [Check.self, Pack.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name everything that is wrong with an NVRAM file, and print its hashes.")
        @Argument(help: "The file.") var file: String
        @Option(help: "Check against this region code as well (US, GB, or 0x00005355).") var region: String?
        @Option(help: "Check the power keys against these markets.") var markets: [String] = []
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let image = try NVRAMFile.read(file)
            let region = try region.map { text -> RegionCode in
                do { return try RegionCode(parsing: text) } catch {
                    throw StationFailure(.badInput, "\(error)")
                }
            }
            let findings = image.findings(
                NVRAMRequirements(
                    region: region, countries: try markets.map(CountryArgument.parse),
                    database: try Regulatory.database()))
            if json {
                try JSONOutput.print(findings)
            } else {
                for finding in findings { Terminal.line("\(file): \(finding)") }
                Terminal.line("text SHA-256    \(image.textDigest)")
                if let packed = try? image.packed() {
                    Terminal.line(
                        "packed SHA-256  \(packed.digest)  (\(packed.bytes.count) bytes, \(image.entries.count) entries)"
                    )
                }
            }
            if findings.hasErrors {
                throw StationFailure(.badInput, json ? "" : "\(file) must not go into a product.")
            }
        }
    }

    struct Pack: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the binary form that the radio chip takes: entries, padding, length token.")
        @Argument(help: "The text file.") var file: String
        @Argument(help: "The file to write.") var output: String

        func run() throws {
            let packed: NVRAMPacked
            do {
                packed = try NVRAMFile.read(file).packed()
            } catch let error as NVRAMPackError {
                throw StationFailure(.badInput, "\(file): \(error)")
            }
            try Files.write(packed.bytes, to: output)
            Terminal.line("\(output): \(packed.bytes.count) bytes, SHA-256 \(packed.digest)")
        }
    }
}

enum NVRAMFile {
    static func read(_ path: String) throws -> NVRAMImage {
        NVRAMImage(bytes: try Files.read(path, limit: 1 << 20))
    }
}

/// Whole files in and out, with a sentence when it can't be done.
enum Files {
    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw StationFailure(.badInput, "\(path) can't be read. Does it exist, and may you read it?")
        }
        guard data.count <= limit else {
            throw StationFailure(
                .badInput, "\(path) has \(data.count) bytes; at most \(limit) are allowed here.")
        }
        return Array(data)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StationFailure(.recordLost, "\(path) can't be written: \(error.localizedDescription)")
        }
    }
}
