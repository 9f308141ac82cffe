import ArgumentParser
import ContentAddress
import Foundation
import Imp003
import NORChipModel
import SerialNOR

struct FlashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flash",
        abstract: "Plan, write, verify and read SPI flash, on an emulated chip kept in a file.",
        discussion: """
            The file holds the chip's content, byte for byte; --part says which chip it is. Images are given as FILE@ADDRESS \
            with the physical address; a leading + counts from the first user byte: assets.bin@+0x10000.
            The guard stands between these commands and the chip, exactly as on a line: the system reservation can't be written.
            """,
        subcommands: [Plan.self, Write.self, Verify.self, Dump.self, Parts.self])

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read the chip and print what a write would do.")
        @OptionGroup var chip: ChipOptions
        @Argument(help: "Images: FILE@ADDRESS …") var images: [String]
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let bench = try await chip.open()
            let plan = try await bench.flash.plan(try bench.images(images))
            if json { return try JSONOutput.print(plan.summary) }
            Terminal.line("\(plan)")
        }
    }

    struct Write: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write images, touching only what differs, verify, and save the chip's file.")
        @OptionGroup var chip: ChipOptions
        @Argument(help: "Images: FILE@ADDRESS …") var images: [String]
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let bench = try await chip.open()
            let progress = FlashProgressLine()
            do {
                let report = try await bench.flash.write(
                    try bench.images(images), progress: { progress.show($0) })
                progress.clear()
                try await bench.save(to: chip.file)
                if json { return try JSONOutput.print(report) }
                Terminal.line("\(report)")
            } catch {
                // What was written before the failure is on the chip, so it belongs in the file as well.
                try? await bench.save(to: chip.file)
                throw error
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Compare the chip with images.")
        @OptionGroup var chip: ChipOptions
        @Argument(help: "Images: FILE@ADDRESS …") var images: [String]

        func run() async throws {
            let bench = try await chip.open()
            let mismatches = try await bench.flash.verify(try bench.images(images))
            for mismatch in mismatches.prefix(16) { Terminal.line("\(mismatch)") }
            if mismatches.count > 16 { Terminal.line("… and \(mismatches.count - 16) more.") }
            guard mismatches.isEmpty else {
                throw StationFailure(.unitFailed, "The chip differs from the images.")
            }
            Terminal.line("The chip holds the images.")
        }
    }

    struct Dump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Read a range of the chip into a file.")
        @OptionGroup var chip: ChipOptions
        @Argument(help: "First address, decimal or 0x….") var from: String
        @Argument(help: "Bytes, decimal or 0x….") var count: String
        @Argument(help: "The file to write.") var output: String

        func run() async throws {
            let bench = try await chip.open()
            let first = try Number.parse(from)
            let bytes = try Number.parse(count)
            let size = bench.flash.chip.size
            guard first <= size, bytes <= size - first else {
                throw StationFailure(
                    .badInput,
                    "\(bytes) bytes from 0x\(String(first, radix: 16)) end behind the chip, which has 0x\(String(size, radix: 16))."
                )
            }
            let content = try await bench.flash.read(first..<first + bytes)
            try Files.write(content, to: output)
            Terminal.line("\(output): \(bytes) bytes, SHA-256 \(SHA256Digest(of: content))")
        }
    }

    struct Parts: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The chips that can be emulated, and those that are known.")

        func run() {
            var table = Table("part", "id", "KiB", "SFDP", "erases")
            for part in NORPart.catalogue {
                table.add(
                    part.name, "\(part.id)", String(part.size / 1024), part.sfdp == nil ? "no" : "yes",
                    part.erases.map {
                        "\(String($0.opcode, radix: 16, uppercase: true))h \($0.size / 1024) KiB"
                    }
                    .joined(separator: ", "))
            }
            table.print()
        }
    }
}

/// Which emulated chip a flash command works on.
struct ChipOptions: ParsableArguments {
    @Option(
        name: .customLong("chip"),
        help: ArgumentHelp("The chip's file; made, blank, when it is not there.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Which part it is (`station flash parts`).", valueName: "name"))
    var part: String = "W25Q128"

    @Option(
        help: ArgumentHelp(
            "Flash profile: release-30 (user area from 0x70000) or release-30-conservative (0x80000).",
            valueName: "name"))
    var profile: String = FlashProfile.release30.name

    func open() async throws -> FlashBench {
        guard let profile = FlashProfile.all.first(where: { $0.name == profile }) else {
            throw StationFailure(
                .badInput,
                "There is no flash profile \(profile). There are: \(FlashProfile.all.map(\.name).joined(separator: ", "))."
            )
        }
        guard let part = NORPart.named(part) else {
            throw StationFailure(
                .badInput,
                "No emulated part is called \(part). There are: \(NORPart.catalogue.map(\.name).joined(separator: ", "))."
            )
        }
        let chip = NORChip(part: part, timing: .none)
        if FileManager.default.fileExists(atPath: file) {
            let content = try Files.read(file, limit: part.size)
            guard content.count == part.size else {
                throw StationFailure(
                    .badInput,
                    "\(file) has \(content.count) bytes; a \(part.name) has \(part.size). Is --part right?")
            }
            chip.load(content, at: 0)
        }
        chip.applyPower(at: .zero)
        let bus = EmulatedSPIBus(chip: chip)
        return FlashBench(
            bus: bus, flash: try await FlashProgrammer.open(bus, reservationEnd: Int(profile.reservation)))
    }
}

/// An emulated chip with a programmer on it.
struct FlashBench {
    let bus: EmulatedSPIBus
    let flash: FlashProgrammer

    /// - Parameter texts: `FILE@ADDRESS`, or `FILE@+OFFSET` from the first user byte.
    func images(_ texts: [String]) throws -> [FlashImage] {
        try texts.map { text in
            guard let at = text.lastIndex(of: "@") else {
                throw StationFailure(
                    .badInput, "\"\(text)\" names no address; write FILE@0x70000 or FILE@+0x0.")
            }
            let file = String(text[..<at])
            var place = text[text.index(after: at)...]
            var base = 0
            if place.first == "+" {
                place = place.dropFirst()
                base = flash.geometry.reservationEnd
            }
            let bytes = try Files.read(file, limit: 16 << 20)
            return try FlashImage(
                name: (file as NSString).lastPathComponent, bytes: bytes,
                at: base + Number.parse(String(place)),
                in: flash.geometry)
        }
    }

    func save(to path: String) async throws {
        let size = flash.chip.size
        try Files.write(await bus.withChip { $0.contents(0..<size) }, to: path)
    }
}

enum Number {
    /// Decimal or `0x…`, not negative.
    static func parse(_ text: String) throws -> Int {
        let value = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
        guard let value, value >= 0, value <= 1 << 32 else {
            throw StationFailure(.badInput, "\"\(text)\" is not an address or size; write 458752 or 0x70000.")
        }
        return value
    }
}
