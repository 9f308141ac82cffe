import ContentAddress
import Foundation
import Testing

@testable import People

struct TokenTests {
    private func token(
        _ book: PeopleBook, _ user: String = "engineer", _ scopes: Set<Permission> = [.readRecord],
        days: Int64 = 30
    ) async throws -> (text: String, info: TokenInfo) {
        try await book.makeToken(
            for: user, name: "dashboard", scopes: scopes, life: days * 86_400_000, by: Desk.admin)
    }

    @Test("A token may what its scopes say and no more")
    func scopes() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let made = try await token(book)
        let caller = try await book.caller(forToken: made.text)
        #expect(caller.permissions == [.readRecord] && caller.means == .token(made.info.id))
        #expect(caller.id == "engineer" && caller.accepts(csrf: nil))
    }

    @Test("Nobody gets by a token what their role doesn't give", arguments: Role.allCases)
    func escalation(_ role: Role) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for permission in Permission.allCases where !role.permissions.contains(permission) {
            await #expect(throws: PeopleError.self) {
                try await token(book, role.rawValue, role.permissions.union([permission]))
            }
        }
        let all = try await token(book, role.rawValue, role.permissions)
        for later in Role.allCases where later != .admin && role != .admin {
            try await book.setRole(later, of: role.rawValue, by: Desk.admin)
            let caller = try await book.caller(forToken: all.text)
            #expect(caller.permissions == role.permissions.intersection(later.permissions))
        }
    }

    @Test(
        "A token ends",
        arguments: ["expired", "expired, clock set back", "ended", "owner removed", "owner locked"])
    func ends(_ how: String) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let made = try await token(book)
        _ = try await book.caller(forToken: made.text)
        switch how {
        case "ended": try await book.endToken(made.info.id, by: Desk.admin)
        case "owner removed": try await book.remove("engineer", by: Desk.admin)
        case "owner locked": try await book.lock("engineer", by: Desk.admin)
        default:
            desk.clock.move(seconds: 30 * 86_400)
            if how != "expired" {
                // Somebody else sees the late hour; then the clock goes back.
                _ = try await book.enter(.quality)
                desk.clock.move(seconds: -86_400)
            }
        }
        await #expect(throws: PeopleError.noToken) { try await book.caller(forToken: made.text) }
    }

    @Test("Damaged and foreign tokens are nobody's")
    func forged() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let (mine, other) = (try await token(book), try await token(book, "quality"))
        let swapped = "bst_\(mine.info.id)_" + other.text.split(separator: "_", maxSplits: 2)[2]
        for text in [
            "", "bst", "bst__", "bst_\(mine.info.id)_", swapped, mine.text + "A", "Bearer " + mine.text,
        ] {
            await #expect(throws: PeopleError.noToken) { try await book.caller(forToken: text) }
        }
    }

    @Test("Life and name have limits", arguments: [0, 59_999, 3 * 366 * 86_400_000] as [Int64])
    func limits(_ life: Int64) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        await #expect(throws: PeopleError.self) {
            try await book.makeToken(
                for: "engineer", name: "x", scopes: [.readRecord], life: life, by: Desk.admin)
        }
        await #expect(throws: PeopleError.self) {
            try await book.makeToken(
                for: "engineer", name: "a\nb", scopes: [.readRecord], life: 86_400_000, by: Desk.admin)
        }
        #expect(try await book.tokens().isEmpty)
    }
}

struct PINHashTests {
    @Test("scrypt as RFC 7914 §12 has it")
    func vector() throws {
        // N = 1024, r = 8, p = 16 of the RFC, first half of its 64 bytes.
        let key = PINHash.derive("password", Array("NaCl".utf8), PINHash.Cost(logN: 10, r: 8, p: 16))
        #expect(
            key.map(\.hexDigits)
                == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
    }

    @Test("The station's own cost fits into its memory limit, and two hashes of one PIN differ")
    func station() throws {
        let (one, two) = (
            try PINHash(of: "402761", cost: .station), try PINHash(of: "402761", cost: .station)
        )
        #expect(one != two && one.matches("402761") && !one.matches("402762"))
        #expect(PINHash(text: one.description) == one)
    }
}
