import Testing
import TimeAndChance

@testable import People

struct LockOutTests {
    @Test(
        "Each failure doubles the lock, up to the longest",
        arguments: [
            (0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900),
            (100_000, 900),
        ] as [(Int, Int64)])
    func table(_ failures: Int, _ seconds: Int64) {
        #expect(PeopleRules.LockOut(free: 5).lock(after: failures) == seconds * 1000)
    }

    @Test(
        "Guesses at a badge are answered less and less, whether it exists or not",
        arguments: ["B-operator", "B-nobody"])
    func badge(_ badge: String) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        // Another address each time: the badge alone has to stop this.
        for attempt in 0..<5 {
            #expect(await book.miss(badge, from: "10.0.1.\(attempt)") == .refused)
        }
        #expect(await book.miss(badge, from: "10.0.2.1") == .lockedOut(milliseconds: 30_000))
        desk.clock.move(seconds: 29)
        #expect(await book.miss(badge, from: "10.0.2.1") == .lockedOut(milliseconds: 1000))
        desk.clock.move(seconds: 1)
        #expect(await book.miss(badge, from: "10.0.2.1") == .refused)
        #expect(await book.miss(badge, from: "10.0.2.1") == .lockedOut(milliseconds: 60_000))
    }

    @Test("While locked out even the right PIN is not looked at; afterwards it clears the count")
    func rightPIN() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for _ in 0..<5 { _ = await book.miss("B-operator") }
        await #expect(throws: PeopleError.lockedOut(milliseconds: 30_000)) { try await book.enter(.operator) }
        desk.clock.move(seconds: 30)
        _ = try await book.enter(.operator)
        for _ in 0..<4 { #expect(await book.miss("B-operator") == .refused) }
        _ = try await book.enter(.operator)
    }

    @Test("An address that tries badge after badge is locked out, and one good PIN buys it no more guesses")
    func address() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for attempt in 0..<19 { #expect(await book.miss("B-\(attempt)") == .refused) }
        _ = try await book.enter(.quality)
        #expect(await book.miss("B-19") == .refused)
        #expect(await book.miss("B-20") == .lockedOut(milliseconds: 30_000))
        // Others are not concerned.
        _ = try await book.enter(.operator, from: "10.0.0.8")
    }

    @Test(
        "Locks survive a restart, and a clock set back neither lifts nor lengthens them",
        arguments: [0, -86_400, -5])
    func restart(_ moved: Int64) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for _ in 0..<5 { _ = await book.miss("B-operator") }
        try await book.close()
        desk.clock.move(seconds: moved)
        let again = try desk.open()
        #expect(await again.miss("B-operator") == .lockedOut(milliseconds: 30_000))
        desk.clock.move(seconds: 30)
        #expect(await again.miss("B-operator") == .refused)
    }

    @Test("A hundred guesses at once are no more than a few")
    func concurrent() async throws {
        let desk = try Desk()
        var rules = PeopleRules()
        rules.mostWaiting = 200
        let book = try await desk.staffed(rules)
        let looked = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { await book.miss("B-admin") == .refused } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(looked == 5)
    }

    @Test("A crowd is told to come again")
    func crowd() async throws {
        let desk = try Desk()
        var rules = PeopleRules()
        rules.mostWaiting = 0
        let book = try desk.open(rules)
        #expect(await book.miss("B-1") == .busy)
    }

    @Test("A lock-out is a fact for the record that names the user, not the guess")
    func fact() async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        for _ in 0..<5 { _ = await book.miss("B-engineer") }
        for _ in 0..<5 { _ = await book.miss("typed-the-pin-here") }
        let facts = try await book.unrecordedFacts().filter { $0.act == .lockedOut }
        #expect(facts.map(\.person) == ["engineer", nil])
        #expect(facts.allSatisfy { $0.detail == ["failures": "5", "of": "badge", "seconds": "30"] })
        #expect(facts.allSatisfy { $0.author == Author(person: nil, place: "10.0.0.7") })
        try await book.recorded(upTo: facts[0].number)
        #expect(try await book.unrecordedFacts().map(\.number) == [facts[1].number])
    }

    @Test(
        "Locks hold whatever the order of successes, failures, waits and clock steps (seeds 1…8)",
        arguments: 1...8 as ClosedRange<UInt64>)
    func property(_ seed: UInt64) async throws {
        let desk = try Desk()
        let book = try await desk.staffed()
        var chance = SeededGenerator(seed: seed)
        var failures = 0
        // Seconds that are left, as a model has it.
        var left: Int64 = 0
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &chance) {
            case 0..<5:
                let expected: PeopleError = left > 0 ? .lockedOut(milliseconds: left * 1000) : .refused
                #expect(
                    await book.miss("B-operator", from: "h\(step)") == expected, "seed \(seed), step \(step)")
                if left == 0 {
                    failures += 1
                    left = PeopleRules().badge.lock(after: failures) / 1000
                }
            case 5:
                let entered = try? await book.enter(.operator, from: "h\(step)")
                #expect((entered != nil) == (left == 0), "seed \(seed), step \(step)")
                if left == 0 { failures = 0 }
            case 6:
                desk.clock.move(seconds: -Int64.random(in: 3...100_000, using: &chance))
                // Somebody's visit notices it.
                _ = try? await book.caller(forSession: "x")
            default:
                let seconds = Int64.random(in: 0...40, using: &chance)
                desk.clock.move(seconds: seconds)
                left = max(0, left - seconds)
                _ = try? await book.caller(forSession: "x")
            }
        }
    }
}
