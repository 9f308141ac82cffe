import ImpEmulator

/// A product board from a file.
enum BoardSource {
    /// - Throws: `StationFailure` with the place in the file.
    static func read(_ file: String) throws -> ProductBoard {
        do {
            return try ProductBoard(json: try Files.read(file, limit: 1 << 20))
        } catch let error as BoardFileError {
            throw StationFailure(.badInput, "\(file): \(error)")
        }
    }
}
