import Foundation
import Testing
import TimeAndChance

@testable import People

struct SessionTests {
    @Test("Badge and PIN open a session that knows who it is")
    func signIn() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for role in Role.allCases {
            let entered = try await book.enter(role)
            let caller = try await book.caller(forSession: entered.session)
            #expect(caller == entered.caller)
            #expect(caller.id == role.rawValue && caller.permissions == role.permissions)
            #expect(caller.means == .session(csrf: entered.csrf))
            #expect(entered.session.count == 43 && entered.csrf != entered.session)
        }
    }

    @Test("Sessions are kept as hashes only")
    func onlyHashes() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let entered = try await book.enter(.admin)
        let token = try await book.makeToken(
            for: "admin", name: "script", scopes: [.watchLine], life: 3_600_000, by: Desk.admin)
        try await book.close()
        for file in try FileManager.default.contentsOfDirectory(atPath: desk.folder.path) {
            let bytes = try Data(contentsOf: desk.folder.appending(path: file))
            for secret in [entered.session, entered.csrf, token.text, Desk.pin] {
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("Nobody else can read the file, and one that others can read is refused")
    func mode() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for file in try FileManager.default.contentsOfDirectory(atPath: desk.folder.path) {
            let path = desk.folder.appending(path: file).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(file)")
        }
        try await book.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: desk.path)
        #expect(throws: PeopleError.exposed(path: desk.path, mode: 0o640)) { _ = try desk.open() }
    }

    @Test("Another program's database, a text and a newer book are refused and stay as they are")
    func otherFiles() throws {
        let desk = try Desk()
        try Data("not a database at all, but long enough to look like one to a hasty reader".utf8)
            .write(to: URL(fileURLWithPath: desk.path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: desk.path)
        let before = try Data(contentsOf: URL(fileURLWithPath: desk.path))
        #expect(throws: PeopleError.self) { _ = try desk.open() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: desk.path)) == before)
    }

    /// Seconds that pass, whether the session is used then, and whether it is still alive at the end.
    static let lives: [(name: String, steps: [(Int64, Bool)], isAlive: Bool)] = [
        ("just made", [(0, true)], true),
        ("idle for less than allowed", [(1799, true)], true),
        ("idle for longer", [(1800, true)], false),
        ("used again and again", [(1700, true), (1700, true), (1700, true)], true),
        ("looked at, which doesn't count", [(1000, false), (1000, true)], false),
        (
            "used all day, until its absolute end",
            Array(repeating: (1600, true), count: 26) + [(1600, true)], false
        ),
        ("used all day, not quite", Array(repeating: (1600, true), count: 26), true),
        ("the clock set back by an hour", [(100, true), (-3600, true)], false),
        ("the clock corrected by a second", [(100, true), (-1, true)], true),
        ("expired, then the clock set back", [(1900, false), (-1900, true)], false),
    ]

    @Test("A session lives so long", arguments: lives.indices)
    func life(_ index: Int) async throws {
        let life = Self.lives[index]
        let desk = try Desk()
        let book = try await desk.staffed()
        let entered = try await book.enter(.operator)
        var isAlive = true
        for (seconds, counts) in life.steps {
            desk.clock.move(seconds: seconds)
            isAlive = (try? await book.caller(forSession: entered.session, counts: counts)) != nil
        }
        #expect(isAlive == life.isAlive, "\(life.name)")
    }

    @Test("What had ended stays ended after a restart with the clock set back", arguments: [0, 1] as [Int64])
    func restartWithClockSetBack(_ sees: Int64) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let entered = try await book.enter(.operator)
        desk.clock.move(seconds: 4 * 3600)
        // Somebody else comes in the meantime, or nobody does.
        if sees == 1 { _ = try await book.enter(.engineer) }
        try await book.close()
        desk.clock.move(seconds: -4 * 3600 - 30)
        let again = try desk.open()
        await #expect(throws: PeopleError.noSession) { try await again.caller(forSession: entered.session) }
        #expect(try await again.unrecordedFacts().contains { $0.act == .sessionsEnded })
    }

    @Test("Signing out ends this session and no other")
    func signOut() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let (first, second) = (try await book.enter(.operator), try await book.enter(.operator))
        try await book.signOut(session: first.session, from: "10.0.0.7")
        try await book.signOut(session: "nobody's", from: "10.0.0.7")
        await #expect(throws: PeopleError.noSession) { try await book.caller(forSession: first.session) }
        #expect(try await book.caller(forSession: second.session).id == "operator")
    }

    @Test("One user has so many sessions; the oldest makes room")
    func mostSessions() async throws {
        let desk = try Desk()
        var rules = PeopleRules()
        rules.mostSessions = 3
        let book = try await desk.staffed(rules)
        var sessions: [String] = []
        for _ in 0..<5 {
            desk.clock.move(seconds: 1)
            sessions.append(try await book.enter(.operator).session)
        }
        var alive: [Bool] = []
        for session in sessions { alive.append((try? await book.caller(forSession: session)) != nil) }
        #expect(alive == [false, false, true, true, true])
    }

    @Test("Forged and damaged session texts are nobody's (seed 0x5E55)")
    func forged() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let session = try await book.enter(.admin).session
        var chance = SeededGenerator(seed: 0x5E55)
        var texts = [
            "", " ", "' OR 1=1 --", session + " ", String(session.dropLast()), session.uppercased(), "\u{0}",
        ]
        texts.append(String(repeating: "A", count: 100_000))
        for _ in 0..<200 {
            var units = Array(session.utf8)
            let index = Int.random(in: units.indices, using: &chance)
            units[index] = units[index] == 0x41 ? 0x42 : 0x41
            texts.append(String(decoding: units, as: UTF8.self))
        }
        for text in texts {
            await #expect(throws: PeopleError.noSession) { try await book.caller(forSession: text) }
        }
    }

    @Test("The text against forged requests belongs to its session")
    func csrf() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        let (mine, other) = (try await book.enter(.operator), try await book.enter(.operator))
        #expect(mine.caller.accepts(csrf: mine.csrf))
        for wrong in [nil, "", other.csrf, mine.session, mine.csrf + "0", String(mine.csrf.dropLast())] {
            #expect(!mine.caller.accepts(csrf: wrong))
        }
    }
}
