import FactoryLink
import FoundationEssentials
import Imp003

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A folder that remembers units between runs: one JSON file a unit, one file with the content of its flash chip,
/// and the cloud's blessing log.
///
/// Files are replaced whole (written beside, then renamed), so that a process killed at any instant leaves the last
/// state or the one before, never a mixture. It is meant for killed processes, not for a machine that loses power.
public struct UnitShelf: Sendable {
    /// Where the files lie.
    public let folder: String

    /// - Parameter folder: made when the first unit is written down.
    public init(folder: String) {
        self.folder = folder
    }

    /// Every unit on the shelf, by ordinal.
    public func load() throws(ShelfError) -> [UnitState] {
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(path: folder, reason: Self.reason(error))
        }
        var states: [UnitState] = []
        for name in names.sorted() where name.hasPrefix("unit-") && name.hasSuffix(".json") {
            states.append(try loadUnit(name))
        }
        return states
    }

    /// Writes a unit down, its flash content first.
    public func save(_ state: UnitState) throws(ShelfError) {
        let base = Self.base(state.recipe.ordinal)
        let previous = try? stored(base + ".json")
        var stored = StoredUnit(state)
        let content = state.flash.encoded()
        let checksum = CRC32.checksum(content)
        if let previous, previous.flashChecksum == checksum, let file = previous.flashFile {
            stored.flashFile = file
        } else {
            let file = "\(base)-\(((previous?.generation ?? 0) + 1)).flash"
            try write(content, to: file)
            stored.flashFile = file
            stored.generation = (previous?.generation ?? 0) + 1
        }
        stored.generation = max(stored.generation, previous?.generation ?? 0)
        stored.flashChecksum = checksum
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            try write(Array(try encoder.encode(stored)), to: base + ".json")
        } catch let error as ShelfError {
            throw error
        } catch {
            throw .unwritable(path: path(base + ".json"), reason: Self.reason(error))
        }
        if let old = previous?.flashFile, old != stored.flashFile { unlink(path(old)) }
    }

    /// Everything that the cloud was asked to bless, oldest first.
    public func blessings() throws(ShelfError) -> [BlessingRecord] {
        guard let bytes = read(Self.blessingLog) else { return [] }
        var records: [BlessingRecord] = []
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            // What follows the last line feed was being written when the process died: the cloud never said it.
            do {
                records.append(try JSONDecoder().decode(BlessingRecord.self, from: Data(line)))
            } catch {
                throw .damaged(path: path(Self.blessingLog), reason: "line \(records.count + 1): \(error)")
            }
        }
        return records
    }

    func append(_ record: BlessingRecord) {
        guard let line = try? JSONEncoder().encode(record) else { return }
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = open(path(Self.blessingLog), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(line) + [UInt8(ascii: "\n")]
        _ = bytes.withUnsafeBytes { buffer in
            #if canImport(Glibc)
                Glibc.write(file, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                Musl.write(file, buffer.baseAddress, buffer.count)
            #else
                Darwin.write(file, buffer.baseAddress, buffer.count)
            #endif
        }
    }

    /// The system's own words where there are some.
    private static func reason(_ error: any Error) -> String {
        guard let posix = (error as? CocoaError)?.underlying as? POSIXError else { return "\(error)" }
        return String(cString: strerror(posix.code.rawValue))
    }

    private static let blessingLog = "blessings.jsonl"

    private static func base(_ ordinal: Int) -> String {
        let digits = String(ordinal)
        return "unit-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    private func path(_ name: String) -> String { folder + "/" + name }

    private func stored(_ name: String) throws(ShelfError) -> StoredUnit {
        guard let bytes = read(name) else {
            throw .unreadable(path: path(name), reason: "the file can't be read")
        }
        do {
            return try JSONDecoder().decode(StoredUnit.self, from: Data(bytes))
        } catch {
            throw .damaged(path: path(name), reason: "\(error)")
        }
    }

    private func loadUnit(_ name: String) throws(ShelfError) -> UnitState {
        let stored = try stored(name)
        guard var state = try stored.state() else {
            throw .damaged(path: path(name), reason: "a value is not what this version writes")
        }
        guard let file = stored.flashFile, let content = read(file) else {
            throw .damaged(path: path(name), reason: "the file with the flash content is missing")
        }
        guard CRC32.checksum(content) == stored.flashChecksum,
            let flash = FlashContents(decoding: content)
        else {
            throw .damaged(path: path(file), reason: "its checksum is wrong")
        }
        state.flash = flash
        return state
    }

    private func read(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: path(name)))).map { Array($0) }
    }

    private func write(_ bytes: [UInt8], to name: String) throws(ShelfError) {
        let temporary = path(name + ".new")
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(filePath: temporary))
        } catch {
            throw .unwritable(path: path(name), reason: Self.reason(error))
        }
        guard rename(temporary, path(name)) == 0 else {
            throw .unwritable(path: path(name), reason: String(cString: strerror(errno)))
        }
    }
}

/// What is wrong with a shelf.
public enum ShelfError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    case damaged(path: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "The emulated units' folder can't be read at \(path): \(reason). Check its permissions."
        case .unwritable(let path, let reason):
            "The emulated units' folder can't be written at \(path): \(reason). Check permissions and free space."
        case .damaged(let path, let reason):
            "\(path) is damaged: \(reason). Remove the folder to begin with new units."
        }
    }
}
