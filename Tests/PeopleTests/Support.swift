import Foundation
import Synchronization
import TimeAndChance

@testable import People

/// A calendar that tests move.
final class MovableClock: WallClock {
    private let now: Mutex<Int64>

    init(_ milliseconds: Int64 = 1_750_000_000_000) { now = Mutex(milliseconds) }

    func utcMilliseconds() -> Int64 { now.withLock { $0 } }

    func move(seconds: Int64) { now.withLock { $0 += seconds * 1000 } }
}

/// A book of people in a folder of its own, with cheap PINs and one user for each role.
final class Desk: Sendable {
    let folder: URL
    let clock = MovableClock()
    static let admin = Author(person: "root", place: "console")
    static let cheap = PINHash.Cost(logN: 10, r: 1, p: 1)

    var path: String { folder.appending(path: "people.db").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "people-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func open(_ rules: PeopleRules = PeopleRules(), cost: PINHash.Cost = cheap) throws -> PeopleBook {
        try PeopleBook(at: path, clock: clock, rules: rules, cost: cost)
    }

    /// Users `operator`, `engineer`, `quality`, `admin` with badges `B-operator`, …, and PIN ``pin``.
    func staffed(_ rules: PeopleRules = PeopleRules()) async throws -> PeopleBook {
        let book = try open(rules)
        for role in Role.allCases {
            try await book.add(
                NewUser(id: role.rawValue, badge: "B-\(role.rawValue)", role: role), pin: Self.pin,
                temporary: false, by: Self.admin)
        }
        return book
    }

    static let pin = "402761"
}

extension PeopleBook {
    func enter(_ role: Role, from place: String = "10.0.0.7") async throws -> SignedIn {
        try await signIn(badge: "B-\(role.rawValue)", pin: Desk.pin, from: place)
    }

    /// What a sign-in with a wrong PIN answers.
    func miss(_ badge: String, from place: String = "10.0.0.7") async -> PeopleError? {
        do {
            _ = try await signIn(badge: badge, pin: "990017", from: place)
            return nil
        } catch { return error as? PeopleError }
    }
}
