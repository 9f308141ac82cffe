import Foundation
import Ledger
import StationStore

/// The station's key file, and the one beside it while a key is changed.
enum StationKeys {
    /// A key that is there already is kept: it may have signed records elsewhere.
    static func makeOrLoad(at path: String, station: String) throws -> StationKey {
        if FileManager.default.fileExists(atPath: path) { return try StationKey.load(from: path) }
        do {
            let key = try StationKey.generate(name: StationStore.origin(station: station))
            try key.save(to: path)
            return key
        } catch {
            throw StationFailure(.recordLost, "\(error)")
        }
    }

    /// The key with which the record is signed now. Was the power cut between "the record knows the new key" and "the key
    /// file holds it", the change is finished here.
    static func load(for paths: StationPaths) async throws -> StationKey {
        if FileManager.default.fileExists(atPath: next(paths)),
            let reader = try? StationReader.open(at: paths.database),
            let recorded = try? await reader.station().verifierKey,
            let waiting = try? StationKey.load(from: next(paths)), waiting.verifier.text == recorded
        {
            try adopt(paths)
        }
        return try StationKey.load(from: paths.key)
    }

    /// Makes a key that waits beside the present one.
    static func prepare(_ paths: StationPaths, name: String) throws -> StationKey {
        // One that was never taken up signs nothing.
        unlink(next(paths))
        let key = try StationKey.generate(name: name)
        try key.save(to: next(paths))
        return key
    }

    /// Puts the waiting key in the place of the present one, which is kept under its number.
    /// - Returns: where the old one lies now; nil when there was none.
    @discardableResult
    static func adopt(_ paths: StationPaths) throws -> String? {
        var kept: String?
        if let old = try? StationKey.load(from: paths.key) {
            let number = String(old.verifier.keyHash, radix: 16)
            let path = "\(paths.key).\(number)"
            guard rename(paths.key, path) == 0 else { throw failure(path) }
            kept = path
        } else if FileManager.default.fileExists(atPath: paths.key) {
            guard rename(paths.key, paths.key + ".damaged") == 0 else { throw failure(paths.key) }
            kept = paths.key + ".damaged"
        }
        guard rename(next(paths), paths.key) == 0 else { throw failure(paths.key) }
        return kept
    }

    private static func next(_ paths: StationPaths) -> String { paths.key + ".next" }

    private static func failure(_ path: String) -> StationFailure {
        StationFailure(.recordLost, "\(path) can't be written: \(String(cString: strerror(errno)))")
    }
}
