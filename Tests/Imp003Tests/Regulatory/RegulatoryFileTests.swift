import Foundation
import Testing
import TimeAndChance

@testable import Imp003

/// A small, complete `regulatory.db` put together by hand.
private struct MadeUpFile {
    var bytes: [UInt8] = []

    mutating func put(_ values: UInt8...) { bytes += values }
    mutating func half(_ value: Int) { bytes += [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }
    mutating func word(_ value: UInt32) {
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(value >> UInt32(shift) & 0xFF)) }
    }
    mutating func align() { while bytes.count % 4 != 0 { bytes.append(0) } }

    /// Two countries: `00` with one plain rule, `DE` with a longer-than-known rule that has CAC time and access
    /// parameters, in a collection with a longer-than-known head.
    static let sound: [UInt8] = {
        var file = MadeUpFile()
        file.word(0x5247_4442)
        file.word(20)
        file.put(0x30, 0x30)
        file.half(0x70 / 4)
        file.put(0x44, 0x45)
        file.half(0x78 / 4)
        file.word(0)
        // 0x14: access parameters
        for index in 0..<8 {
            file.put(0x35, UInt8(index + 1))
            file.half(4)
        }
        // 0x34: plain rule; 0x44: long rule with 4 bytes that nobody knows
        file.put(16, 0x09)
        file.half(2000)
        file.word(2_402_000)
        file.word(2_482_000)
        file.word(20_000)
        file.put(26, 0x04)
        file.half(2301)
        file.word(5_490_000)
        file.word(5_590_000)
        file.word(80_000)
        file.half(600)
        file.half(0x14 / 4)
        file.put(1, 2, 3, 4, 5, 6)
        file.align()
        while file.bytes.count < 0x70 { file.put(0) }
        file.put(3, 1, 0, 0)
        file.half(0x34 / 4)
        file.align()
        // 0x78: head of 5 bytes, so that the array begins at 6
        file.put(5, 2, 2, 0xEE, 0xEE, 0)
        file.half(0x34 / 4)
        file.half(0x44 / 4)
        return file.bytes
    }()
}

@Suite struct RegulatoryFileTests {
    @Test func readsASoundFile() throws {
        let database = try RegulatoryDatabase(binary: MadeUpFile.sound, path: "/made/up")
        #expect(database.countries.map(\.country.text) == ["00", "DE"])
        let world = try database.rules(for: .world)
        #expect(world.dfsRegion == .unset && world.rules.count == 1)
        #expect(
            world.rules[0].flags == [.noOFDM, .noIR] && world.rules[0].flags.description == "NO-OFDM, NO-IR")
        #expect(world.rules[0].cacTimeoutSeconds == nil && world.rules[0].wmm == nil)
        let germany = try database.rules(for: CountryCode(parsing: "DE"))
        #expect(germany.dfsRegion == .etsi && germany.rules.count == 2)
        #expect(germany.rules[1].maxEIRP.hundredthsOfDBm == 2301 && germany.rules[1].flags == .dfs)
        #expect(germany.rules[1].cacTimeoutSeconds == 600)
        #expect(germany.rules[1].wmm?.map(\.aifsn) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(germany.rules[1].wmm?.first?.maximumWindowExponent == 5)
        #expect(germany.rules24GHz.count == 1)
        guard case .file(path: "/made/up", sha256: _) = database.source else {
            Issue.record("source is \(database.source)")
            return
        }
    }

    /// A rule's length says which of its later fields it has.
    @Test(arguments: [
        (16, nil, false), (17, nil, false), (18, 600, false), (19, 600, false), (20, 600, true),
        (255, 600, true),
    ])
    func ruleLengthDecides(length: UInt8, cacTimeout: UInt16?, hasAccessParameters: Bool) throws {
        var bytes = MadeUpFile.sound
        bytes[0x44] = length
        let rule = try RegulatoryDatabase(binary: bytes).rules(for: CountryCode(parsing: "DE")).rules[1]
        #expect(rule.cacTimeoutSeconds == cacTimeout && (rule.wmm != nil) == hasAccessParameters)
    }

    /// One byte changed: what must come of it.
    static let damage: [(offset: Int, value: UInt8, error: RegulatoryDatabaseError)] = [
        (0, 0x00, .badMagic(found: 0x0047_4442)),
        (7, 21, .unsupportedVersion(found: 21)),
        (9, 0x31, .badCountry(offset: 8, found: [0x30, 0x31])),
        (12, 0x64, .badCountry(offset: 12, found: [0x64, 0x45])),
        (0x70, 2, .tooShort(part: .collection(.world), offset: 0x70, length: 2, minimum: 3)),
        (0x34, 15, .tooShort(part: .rule(1, .world), offset: 0x34, length: 15, minimum: 16)),
        (10, 0xFF, .truncated(part: .collection(.world), offset: 0xFF1C * 4, size: 132)),
        (0x74, 0x40, .truncated(part: .rule(1, .world), offset: 0x400D * 4, size: 132)),
        (
            0x3D, 0x00,
            .unsoundRule(part: .rule(1, .world), offset: 0x34, fault: "it runs from 2402000 to 2482000 kHz")
        ),
    ]

    @Test func damageIsNamed() throws {
        #expect(MadeUpFile.sound.count == 0x78 + 10)
        for (offset, value, expected) in Self.damage {
            var bytes = MadeUpFile.sound
            bytes[offset] = value
            let error = try? #require(throws: RegulatoryDatabaseError.self) {
                try RegulatoryDatabase(binary: bytes)
            }
            #expect(error?.description.hasSuffix(".") == true)
            switch (error, expected) {
            case (.truncated(let part, let place, _), .truncated(let wantedPart, let wantedPlace, _)):
                #expect(part == wantedPart && place == wantedPlace)
            case (.unsoundRule(let part, let place, _), .unsoundRule(let wantedPart, let wantedPlace, _)):
                #expect(part == wantedPart && place == wantedPlace)
            default:
                #expect(error == expected)
            }
        }
    }

    @Test func accessParametersAreChecked() throws {
        for (offset, value) in [(0x14, UInt8(0x55)), (0x15, 0)] {
            var bytes = MadeUpFile.sound
            bytes[offset] = value
            let error = try #require(throws: RegulatoryDatabaseError.self) {
                try RegulatoryDatabase(binary: bytes)
            }
            guard case .unsoundRule(part: .accessParameters(rule: 2, _), offset: 0x14, _) = error else {
                Issue.record("\(error)")
                continue
            }
        }
    }

    @Test func countryListedTwiceIsRefused() throws {
        var bytes = MadeUpFile.sound
        bytes.replaceSubrange(12..<14, with: [0x30, 0x30])
        #expect(throws: RegulatoryDatabaseError.duplicateCountry(.world, offset: 12)) {
            try RegulatoryDatabase(binary: bytes)
        }
    }

    @Test func everyTruncationIsRefused() {
        for length in 0..<MadeUpFile.sound.count {
            #expect(throws: RegulatoryDatabaseError.self) {
                try RegulatoryDatabase(binary: Array(MadeUpFile.sound.prefix(length)))
            }
        }
    }

    /// Hostile bytes end in an error or in rules that can be asked, never in a trap.
    @Test(arguments: [UInt64(1), 0xDB, 0x2026])
    func mutationsNeverTrap(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<1_000 {
            var bytes = MadeUpFile.sound
            for _ in 0..<Int.random(in: 1...4, using: &chance) {
                bytes[Int.random(in: bytes.indices, using: &chance)] = UInt8.random(
                    in: .min ... .max, using: &chance)
            }
            refused += Self.exercise(bytes) ? 0 : 1
        }
        #expect(refused > 100, "seed \(seed): mutations do hit what is checked")
    }

    /// - Returns: whether the bytes made a database.
    private static func exercise(_ bytes: [UInt8]) -> Bool {
        guard let database = try? RegulatoryDatabase(binary: bytes) else { return false }
        let countries = database.countries.map(\.country)
        _ = try? database.derivation(for: countries).description
        _ = database.findings(region: .gb, countries: countries).map(\.description)
        _ = try? database.worstCaseEIRP(in: countries, on: .all)
        return true
    }

    @Test(.enabled(if: InstalledDatabase.isPresent, Comment(rawValue: InstalledDatabase.absence)))
    func theRealFileHoldsAndItsTruncationsDoNot() throws {
        let bytes = try #require(InstalledDatabase.bytes)
        let database = try RegulatoryDatabase(binary: bytes)
        #expect(database.countries.count > 150)
        #expect(database.countries.contains { $0.rules.contains { $0.wmm != nil } })
        var accepted = 0
        for length in 0..<bytes.count
        where (try? RegulatoryDatabase(binary: Array(bytes.prefix(length)))) != nil {
            accepted += 1
        }
        // Padding at the very end may be missed by nobody.
        #expect(accepted <= 2)
    }

    @Test(.enabled(if: InstalledDatabase.isPresent, Comment(rawValue: InstalledDatabase.absence)))
    func mutationsOfTheRealFileNeverTrap() throws {
        let original = try #require(InstalledDatabase.bytes)
        let seed: UInt64 = 0x5EED
        var chance = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<150 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &chance) {
                bytes[Int.random(in: bytes.indices, using: &chance)] = UInt8.random(
                    in: .min ... .max, using: &chance)
            }
            refused += Self.exercise(bytes) ? 0 : 1
        }
        #expect(refused > 10, "seed \(seed)")
    }
}

@Suite struct RegulatorySearchTests {
    private let sound = MadeUpFile.sound

    @Test func triesThreeNamesInEachFolder() throws {
        var asked: [String] = []
        let search = try RegulatoryDatabase.find(in: ["/a", "/b/"]) {
            (path) throws(UnreadableFile) -> [UInt8]? in
            asked.append(path)
            return path == "/b/regulatory.db-debian" ? sound : nil
        }
        #expect(
            asked == [
                "/a/regulatory.db", "/a/regulatory.db-upstream", "/a/regulatory.db-debian",
                "/b/regulatory.db",
                "/b/regulatory.db-upstream", "/b/regulatory.db-debian",
            ])
        #expect(search.problems.isEmpty && search.database.countries.count == 2)
    }

    @Test func damagedFilesArePassedOverAloud() throws {
        let search = try RegulatoryDatabase.find(in: ["/a"]) { (path) throws(UnreadableFile) -> [UInt8]? in
            switch path {
            case "/a/regulatory.db": [1, 2, 3]
            case "/a/regulatory.db-upstream": throw UnreadableFile(description: "cannot be opened: because")
            default: sound
            }
        }
        #expect(search.database.countries.count == 2)
        #expect(search.problems.count == 2)
        #expect(search.problems[0].hasPrefix("/a/regulatory.db: "))
        #expect(search.problems[1] == "/a/regulatory.db-upstream: cannot be opened: because")
    }

    @Test func tableStandsInWithASentence() throws {
        let search = try RegulatoryDatabase.find(in: ["/nowhere-at-all"])
        #expect(search.database.source == .shipped(dated: "2026.05.30"))
        #expect(search.problems.count == 1 && search.problems[0].contains("/nowhere-at-all"))
        #expect(search.problems[0].contains("wireless-regdb"))
    }

    /// Real files, some of them not what their name says.
    @Test func realFolders() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("regulatory-\(UUID().uuidString)")
        try files.createDirectory(
            at: folder.appendingPathComponent("regulatory.db"), withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        try Data(count: 1_100_000).write(to: folder.appendingPathComponent("regulatory.db-upstream"))
        try Data(sound).write(to: folder.appendingPathComponent("regulatory.db-debian"))
        let search = try RegulatoryDatabase.find(in: [], alsoIn: [folder.path])
        #expect(search.problems.count == 2)
        #expect(search.problems[0].contains("regulatory.db: cannot be read"))
        #expect(search.problems[1].contains("regulatory.db-upstream: has more than 1048576 bytes"))
        #expect(search.database.countries.count == 2)
    }

    @Test(.enabled(if: InstalledDatabase.isPresent, Comment(rawValue: InstalledDatabase.absence)))
    func findsTheInstalledFile() throws {
        let search = try RegulatoryDatabase.find()
        #expect(search.problems.isEmpty)
        guard case .file(let path, let sha256) = search.database.source else {
            Issue.record("source is \(search.database.source)")
            return
        }
        #expect(path.contains("/firmware/regulatory.db"))
        #expect(search.database.source.description.contains(sha256.hex))
    }
}
