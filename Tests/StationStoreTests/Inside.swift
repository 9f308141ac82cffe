import Foundation
import GRDB

@testable import StationStore

/// What tests look at behind the store's back.
extension StationStore {
    func pragma(_ name: String) async throws -> Int? {
        try await pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA \(name)") }
    }

    func raisePageCount() async throws {
        try await pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = 1000000")
        }
    }
}

/// Changes a database behind everybody's back.
func edit(_ path: String, _ sql: String) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
    try queue.close()
}

func databaseError(_ code: Int32, _ message: String) -> any Error {
    DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
}

/// The executable that writes until it is killed.
enum Helper {
    static var url: URL {
        // It is built into the folder that holds the tests.
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "record-crash")
    }

    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
