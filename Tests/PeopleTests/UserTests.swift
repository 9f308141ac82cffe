import Foundation
import GRDB
import Testing

@testable import People

struct UserTests {
    @Test("The first start gives a code, and the code makes one administrator")
    func setUp() async throws {
        let desk = try Desk()
        let book = try desk.open()
        let code = try #require(try await book.setUpCode())
        let admin = NewUser(id: "ada", badge: "B-1", role: .operator)
        await #expect(throws: PeopleError.setUpRefused) {
            try await book.setUp(code: "0000-0000-0000-0000", admin: admin, pin: Desk.pin, from: "x")
        }
        try await book.setUp(
            code: code.lowercased().replacingOccurrences(of: "-", with: " "), admin: admin, pin: Desk.pin,
            from: "x")
        #expect(try await book.user("ada").role == .admin)
        #expect(try await book.setUpCode() == nil)
        await #expect(throws: PeopleError.setUpRefused) {
            try await book.setUp(
                code: code, admin: NewUser(id: "eve", badge: "B-2", role: .admin), pin: Desk.pin, from: "x")
        }
    }

    @Test(
        "An older code, and one after a day or with the clock set back, does not work",
        arguments: ["older", "day", "back"])
    func setUpCodeEnds(_ how: String) async throws {
        let desk = try Desk()
        let book = try desk.open()
        let code = try #require(try await book.setUpCode())
        switch how {
        case "older": _ = try await book.setUpCode()
        case "day": desk.clock.move(seconds: 86_400)
        default: desk.clock.move(seconds: -3600)
        }
        await #expect(throws: PeopleError.setUpRefused) {
            try await book.setUp(
                code: code, admin: NewUser(id: "ada", badge: "B-1", role: .admin), pin: Desk.pin, from: "x")
        }
    }

    @Test(
        "PINs that anybody would try first are refused",
        arguments: [
            "", "12345", "000000", "123456", "654321", "777777777", "B-operator", "12 3456",
            String(repeating: "7x", count: 33),
        ])
    func poorPIN(_ pin: String) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        await #expect(throws: PeopleError.self) {
            try await book.resetPIN(pin, of: "operator", by: Desk.admin)
        }
        _ = try await book.enter(.operator)
    }

    @Test("A PIN that somebody else has set allows nothing but changing it")
    func temporaryPIN() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        try await book.resetPIN("719204", of: "engineer", by: Desk.admin)
        let entered = try await book.signIn(badge: "B-engineer", pin: "719204", from: "x")
        #expect(entered.caller.mustChangePIN && entered.caller.permissions.isEmpty)
        let other = try await book.signIn(badge: "B-engineer", pin: "719204", from: "x")
        await #expect(throws: PeopleError.refused) {
            try await book.changePIN(session: entered.session, from: "111222", to: "538116", at: "x")
        }
        try await book.changePIN(session: entered.session, from: "719204", to: "538116", at: "x")
        let caller = try await book.caller(forSession: entered.session)
        #expect(!caller.mustChangePIN && caller.permissions == Role.engineer.permissions)
        await #expect(throws: PeopleError.noSession) { try await book.caller(forSession: other.session) }
        await #expect(throws: PeopleError.refused) {
            try await book.signIn(badge: "B-engineer", pin: "719204", from: "x")
        }
    }

    @Test(
        "The last administrator can't be shut out", arguments: ["role", "lock", "remove", "badge", "forget"])
    func lastAdmin(_ how: String) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        func act() async throws {
            switch how {
            case "role": try await book.setRole(.quality, of: "admin", by: Desk.admin)
            case "lock": try await book.lock("admin", by: Desk.admin)
            case "remove": try await book.remove("admin", by: Desk.admin)
            case "badge": try await book.setBadge(nil, of: "admin", by: Desk.admin)
            default: try await book.forget("admin")
            }
        }
        await #expect(throws: PeopleError.lastAdmin("admin")) { try await act() }
        // One who is locked, and one who can't sign in, don't count.
        try await book.add(NewUser(id: "spare", badge: "B-s", role: .admin), pin: Desk.pin, by: Desk.admin)
        try await book.add(NewUser(id: "cron", role: .admin), pin: nil, by: Desk.admin)
        try await book.lock("spare", by: Desk.admin)
        await #expect(throws: PeopleError.lastAdmin("admin")) { try await act() }
        try await book.unlock("spare", by: Desk.admin)
        try await act()
    }

    @Test("What is done to a user reaches sessions that are open")
    func openSessions() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let entered = try await book.enter(.operator)
        try await book.setRole(.quality, of: "operator", by: Desk.admin)
        #expect(try await book.caller(forSession: entered.session).permissions == Role.quality.permissions)
        try await book.lock("operator", by: Desk.admin)
        await #expect(throws: PeopleError.noSession) { try await book.caller(forSession: entered.session) }
        await #expect(throws: PeopleError.userLocked) { try await book.enter(.operator) }
        try await book.unlock("operator", by: Desk.admin)
        await #expect(throws: PeopleError.noSession) { try await book.caller(forSession: entered.session) }
        _ = try await book.enter(.operator)
    }

    @Test("A badge can be handed on, an ID can't")
    func badgeReuse() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let entered = try await book.enter(.operator)
        let newcomer = NewUser(id: "newcomer", badge: "B-operator", role: .operator)
        await #expect(throws: PeopleError.badgeTaken(by: "operator")) {
            try await book.add(newcomer, pin: "261940", temporary: false, by: Desk.admin)
        }
        try await book.remove("operator", by: Desk.admin)
        try await book.add(newcomer, pin: "261940", temporary: false, by: Desk.admin)
        #expect(try await book.signIn(badge: "B-operator", pin: "261940", from: "x").caller.id == "newcomer")
        await #expect(throws: PeopleError.refused) { try await book.enter(.operator) }
        await #expect(throws: PeopleError.noSession) { try await book.caller(forSession: entered.session) }
        for id in ["operator", "OPERATOR"] {
            await #expect(throws: PeopleError.userExists(id)) {
                try await book.add(NewUser(id: id, role: .operator), pin: nil, by: Desk.admin)
            }
        }
        await #expect(throws: PeopleError.removed("operator")) {
            try await book.setRole(.admin, of: "operator", by: Desk.admin)
        }
    }

    @Test(
        "IDs, names and badges that could harm a screen, a log or a scanner are refused",
        arguments: [
            NewUser(id: "", role: .operator), NewUser(id: "a b", role: .operator),
            NewUser(id: "é", role: .operator),
            NewUser(id: String(repeating: "a", count: 65), role: .operator),
            NewUser(id: "a", name: "x\u{1B}[2J", role: .operator),
            NewUser(id: "a", badge: "", role: .operator),
            NewUser(id: "a", badge: "1 2", role: .operator), NewUser(id: "a", badge: "ü", role: .operator),
        ])
    func shapes(_ user: NewUser) async throws {
        let desk = try Desk()
        let book = try desk.open()
        await #expect(throws: PeopleError.self) { try await book.add(user, pin: nil, by: Desk.admin) }
        #expect(try await book.users().isEmpty)
    }

    @Test("Text from outside stays text")
    func injection() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let name = "Robert'); DROP TABLE user;-- <script>"
        try await book.setName(name, language: "zh-Hans", of: "operator")
        #expect(try await book.user("operator").name == name)
        #expect(await book.miss("' OR '1'='1") == .refused)
        #expect(try await book.users().count == 4)
    }

    @Test("Somebody who is forgotten leaves no byte in the files")
    func forget() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        try await book.add(
            NewUser(id: "m.kowalska", name: "Zofia Wiśniewska", badge: "ZW-81552", role: .engineer),
            pin: Desk.pin,
            temporary: false, by: Author(person: "m.kowalska", place: "console"))
        _ = try await book.signIn(badge: "ZW-81552", pin: Desk.pin, from: "10.0.0.9")
        let words = ["m.kowalska", "Zofia Wiśniewska", "ZW-81552"]
        func found() throws -> [String] {
            let files = try FileManager.default.contentsOfDirectory(atPath: desk.folder.path)
            let bytes = try files.map { try Data(contentsOf: desk.folder.appending(path: $0)) }
            return words.filter { word in bytes.contains { $0.range(of: Data(word.utf8)) != nil } }
        }
        #expect(try found() == words)
        #expect(try await book.forget("m.kowalska"))
        #expect(try found() == [])
        #expect(try await book.unrecordedFacts().last?.act == .signedIn)
        #expect(try await book.forget("m.kowalska") == false)
    }

    @Test("Dearer PINs come with the next sign-in; damaged ones let nobody in")
    func renewal() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        try await book.close()
        let dearer = try desk.open(cost: PINHash.Cost(logN: 11, r: 2, p: 1))
        func kept() async throws -> String? {
            try await dearer.read { db in
                try String.fetchOne(db, sql: "SELECT pin FROM user WHERE id = 'operator'")
            }
        }
        #expect(try await kept()?.hasPrefix("scrypt$10$1$1$") == true)
        _ = try await dearer.enter(.operator)
        #expect(try await kept()?.hasPrefix("scrypt$11$2$1$") == true)
        _ = try await dearer.enter(.operator)
        for damaged in ["", "scrypt$40$8$1$00$00", "plain", "scrypt$11$2$1$zz$zz"] {
            try await dearer.change { db, _ in
                try db.execute(sql: "UPDATE user SET pin = ? WHERE id = 'quality'", arguments: [damaged])
            }
            await #expect(throws: PeopleError.refused) { try await dearer.enter(.quality, from: damaged) }
            desk.clock.move(seconds: 3600)
        }
    }
}
