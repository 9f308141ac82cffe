import NORChipModel
import SerialNOR
import TimeAndChance

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Flash provisioning of an emulated 16 MiB chip in a file, ours and flashrom's side by side: whole processes by the wall
/// clock, median of some runs.
///
/// Both load the chip file, identify the chip, write and verify, and save the file. Ours writes the user's part (from
/// 448 KB on) and never the rest; flashrom is run on the whole chip and, for an even comparison, on that part only.
struct FlashFigures {
    /// This program, which is started again for each of our runs with `childArgument` and its operands.
    let executable: String
    let runs: Int

    static let childArgument = "flash-write"
    private static let size = 16 << 20
    private static let reservationEnd = FlashGeometry.smallestReservation

    /// One thing to do to a chip.
    private struct Provisioning {
        let name: String
        let before: [UInt8]
        let image: [UInt8]
    }

    // MARK: Parent

    /// Measures and prints.
    func run() throws {
        let folder = try makeFolder()
        defer { removeFolder(folder) }
        var chance = SeededGenerator(seed: 0xF1A5)
        let first = chance.bytes(Self.size)
        var second = chance.bytes(Self.size)
        second.replaceSubrange(0..<Self.reservationEnd, with: first[0..<Self.reservationEnd])
        var changed = first
        for index in 0x800000..<0x810000 { changed[index] = ~changed[index] }
        var blank = [UInt8](repeating: 0xFF, count: Self.size)
        blank.replaceSubrange(0..<Self.reservationEnd, with: first[0..<Self.reservationEnd])
        let tasks = [
            Provisioning(name: "full rewrite + verify", before: second, image: first),
            Provisioning(name: "onto a blank chip + verify", before: blank, image: first),
            Provisioning(name: "64 KiB differ", before: changed, image: first),
            Provisioning(name: "identical", before: first, image: first),
        ]
        try write(
            "00000000:0006ffff reservation\n00070000:00ffffff user\n".utf8.map { $0 }, to: folder + "/layout")
        print(
            "wall seconds of whole processes, median of \(runs); emulated W25Q128 without timing, 16 MiB chip file"
        )
        print("task                          ours   flashrom (whole)  ratio   flashrom (user part)  ratio")
        for task in tasks {
            try write(task.image, to: folder + "/image")
            let chip = folder + "/chip"
            let ours = try median(task, chip, [executable, Self.childArgument, chip, folder + "/image"])
            let programmer = "dummy:emulate=W25Q128FV,image=\(chip)"
            let whole = try median(
                task, chip, ["/usr/sbin/flashrom", "-p", programmer, "-w", folder + "/image"])
            let part = try median(
                task, chip,
                [
                    "/usr/sbin/flashrom", "-p", programmer, "-l", folder + "/layout", "-i", "user",
                    "--noverify-all", "-w",
                    folder + "/image",
                ])
            print(
                pad(task.name, 28), decimal(ours), "  ", decimal(whole), "          ", decimal(whole / ours),
                "  ", decimal(part),
                "              ", decimal(part / ours))
        }
    }

    private func median(_ task: Provisioning, _ chip: String, _ command: [String]) throws -> Double {
        var seconds: [Double] = []
        for _ in 0..<runs {
            try write(task.before, to: chip)
            seconds.append(try time(command))
            guard try read(chip) == task.image else {
                throw Failure(text: "\(command[0]) left a wrong chip file")
            }
        }
        return seconds.sorted()[runs / 2]
    }

    // MARK: Child

    /// Writes an image file's user part to a chip file.
    static func child(chipFile: String, imageFile: String) async throws {
        guard let part = NORPart.named("W25Q128") else { throw Failure(text: "no model of the W25Q128") }
        let chip = NORChip(part: part, timing: .none)
        try chip.load(fromFile: chipFile)
        let bus = EmulatedSPIBus(chip: chip, clockHertz: nil, batchCapacity: 1 << 18)
        let flash = try await FlashProgrammer.open(bus, reservationEnd: reservationEnd)
        let bytes = try read(imageFile, from: reservationEnd)
        let image = try FlashImage(name: "image", bytes: bytes, at: reservationEnd, in: flash.geometry)
        let report = try await flash.write([image])
        try await bus.withChip { try $0.save(toFile: chipFile) }
        print(
            "wire passes \(decimal(report.wirePasses)), erased \(report.erasedBytes), programmed \(report.programmedBytes)"
        )
    }
}

struct Failure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

// MARK: Processes, files, words

private func time(_ command: [String]) throws -> Double {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    var arguments = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    let start = ContinuousClock.now
    var child: pid_t = 0
    guard posix_spawn(&child, command[0], &actions, nil, arguments, environ) == 0 else {
        throw Failure(text: "can't start \(command[0])")
    }
    var status: Int32 = 0
    guard waitpid(child, &status, 0) == child, status == 0 else {
        throw Failure(text: "\(command) failed: \(status)")
    }
    return start.duration(to: .now) / .seconds(1)
}

private func makeFolder() throws -> String {
    var template = Array("/tmp/flash-figures-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(text: "can't make a folder under /tmp") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func removeFolder(_ folder: String) {
    for name in ["chip", "image", "layout"] { unlink("\(folder)/\(name)") }
    rmdir(folder)
}

private func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw Failure(text: "can't create \(path)") }
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard written == bytes.count else { throw Failure(text: "can't write \(path)") }
}

private func read(_ path: String, from offset: Int = 0) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure(text: "can't open \(path)") }
    defer { close(descriptor) }
    let count = Int(lseek(descriptor, 0, SEEK_END)) - offset
    return try [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
        guard pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) == buffer.count else {
            throw Failure(text: "can't read \(path)")
        }
        filled = buffer.count
    }
}

private func decimal(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
}

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
}
