import Audit
import ContentAddress
import Foundation
import Ledger
import Plant
import StationStore
import Synchronization
import Testing

@Suite(.serialized, .enabled(if: TestCluster.programs != nil, Comment(rawValue: TestCluster.why)))
struct AskingTests {
    let cluster: TestCluster

    init() throws { cluster = try #require(TestCluster.shared) }

    private func sample() async throws -> (PlantDatabase, [TestStation]) {
        let (address, plant) = try await cluster.newPlant()
        var stations: [TestStation] = []
        for index in 1...2 {
            let station = try await TestStation("st-\(index)")
            try await station.open(
                "WO-\(index)", SerialRange(prefix: "L\(index)-", first: 1, last: 50, width: 4))
            for number in 1...9 {
                try await station.bless(
                    index * 100 + number, order: "WO-\(index)", passes: number % 3 != 0, slot: number % 2 + 1)
            }
            try await station.bless(index * 100 + 3, order: "WO-\(index)")
            _ = try await station.pusher(address).push()
            stations.append(station)
        }
        return (plant, stations)
    }

    private func rows(_ answer: (@escaping @Sendable ([AnswerCell]) throws -> Void) async throws -> Void)
        async throws -> [[AnswerCell]]
    {
        let rows = Mutex<[[AnswerCell]]>([])
        try await answer { cells in rows.withLock { $0.append(cells) } }
        return rows.withLock { $0 }
    }

    /// What a station answers about itself, the plant answers about that station.
    @Test func filtersAndGroupsAnswerAsAtTheStation() async throws {
        let (plant, stations) = try await sample()
        let cases: [(Subject, String, [String], [String], [String])] = [
            (.units, "", [], [], []),
            (.units, "market = DE and attempts > 1", [], [], []),
            (
                .units, "nvram = \(SHA256Digest(of: [9]).hex.prefix(8)) and quarantined = no", [],
                ["serial:desc"], []
            ),
            (.units, "image = \(TestStation.image.digest.hex.prefix(6))", [], [], []),
            (.units, "not serial ~ 1-000 or serial is missing", [], [], []),
            (.runs, "outcome = failed", [], ["started:desc"], []),
            (
                .runs, "code in (T01, V01) and not operator = Ada", ["run", "operator", "code"], ["operator"],
                []
            ),
            (.runs, "started between 2025-06-15 and 2025-06-16", [], [], []),
            (.runs, "", [], [], ["slot", "outcome"]), (.runs, "", [], [], ["day", "sku"]),
            (.runs, "", [], [], ["hour"]), (.runs, "", [], [], ["week"]), (.runs, "", [], [], ["month"]),
            (.units, "", [], [], ["market"]),
            (.steps, "step-outcome = failed", ["run", "step", "duration"], [], []),
            (.steps, "", [], [], ["step", "slot"]),
            (.measurements, "measurement = vdd and value > 3.35", [], [], []),
            (.measurements, "measurement = lit and value = true", [], [], []),
            (.measurements, "measurement = note and value = ok and unit is missing", [], ["value"], []),
            (.measurements, "verdict = passed", [], [], ["measurement", "slot"]),
            (.entries, "kind = blessing.answered", [], [], []),
            (.entries, "at >= 2025-06-15", ["entry", "at"], [], []),
        ]
        for station in stations {
            for (subject, filter, show, sort, group) in cases {
                let here = try Query(subject, filter: filter, columns: show, sort: sort, groups: group)
                let mine = try await rows { try await station.reader.answer(here, each: $0) }
                let narrowed = (filter.isEmpty ? "" : "(\(filter)) and ") + "station = \(station.name)"
                let there = try Query(subject, filter: narrowed, columns: show, sort: sort, groups: group)
                let theirs = try await rows { _ = try await plant.answer(there, each: $0) }
                let bare = group.isEmpty ? theirs.map { Array($0.dropFirst()) } : theirs
                let isSame = bare.count == mine.count && zip(bare, mine).allSatisfy(Self.areSame)
                #expect(
                    isSame, "\(subject.rawValue) '\(filter)' by \(group): \(bare.prefix(2)) \(mine.prefix(2))"
                )
                #expect(
                    !mine.isEmpty || filter.contains("not serial"),
                    "\(subject.rawValue) \(filter) fits nothing")
            }
        }
    }

    /// Each field, shown and asked for, so that none is forgotten at the plant.
    @Test(arguments: Subject.allCases)
    func everyFieldIsAnsweredAsAtTheStation(subject: Subject) async throws {
        let (plant, stations) = try await sample()
        let station = stations[0]
        var asked = 0
        for field in FieldTable.all where field.subjects.contains(subject) {
            // A field of which a row has several can be asked for only.
            let shows = (try? Query(subject, columns: [field.name])) != nil
            for filter in ["\(field.name) is missing", "not \(field.name) is missing"] {
                let columns = shows ? [field.name] : []
                let here = try Query(subject, filter: filter, columns: columns)
                let mine = try await rows { try await station.reader.answer(here, each: $0) }
                let there = try Query(
                    subject, filter: "(\(filter)) and station = \(station.name)", columns: columns)
                let theirs = try await rows { _ = try await plant.answer(there, each: $0) }
                // The plant puts the station's name in front, where that was not asked for.
                let bare = field.name == "station" ? theirs : theirs.map { Array($0.dropFirst()) }
                let isSame = bare.count == mine.count && zip(bare, mine).allSatisfy(Self.areSame)
                #expect(isSame, "\(subject.rawValue) '\(filter)': \(bare.prefix(2)) \(mine.prefix(2))")
                asked += mine.count
            }
        }
        #expect(asked > 0)
    }

    /// Sums of many numbers depend on their order in the last digits.
    private static func areSame(_ left: [AnswerCell], _ right: [AnswerCell]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { one, other in
                switch (one, other) {
                case (.number(let a), .number(let b)): abs(a - b) <= 1e-9 * max(1, abs(a))
                // PostgreSQL takes no zero character, and SQLite's tables end a text there: only entries have it whole.
                case (.text(let a), .text(let b)): a == b || a.hasPrefix(b + "\u{FFFD}")
                default: one == other
                }
            }
    }

    @Test func injectionIsAValueAndNothingElse() async throws {
        let (plant, _) = try await sample()
        for text in ["x'; DROP TABLE entry; --", "$1", "\\", "%", "{a,b}", "'' or 1=1"] {
            let query = try Query(.units, filter: "serial = \"\(text)\" or sku ~ \"\(text)\"")
            #expect(try await rows { _ = try await plant.answer(query, each: $0) } == [])
        }
        #expect(try await plant.verify("st-1").isClean)
    }

    @Test func everyReadyQuestionIsAnswered() async throws {
        let (plant, stations) = try await sample()
        let unit = TestStation.device(101).device
        let arguments = [
            "life": [unit], "with-nvram": [String(SHA256Digest(of: [9]).hex.prefix(8))],
            "blessed-for": ["DE", "2025-06-01", "2025-06-30"], "reservation-changed": [],
            "passed-on-retest": [],
            "done-by": ["Ada"], "recall": ["L1-0001"],
        ]
        let counts = [
            "life": 15, "with-nvram": 14, "blessed-for": 14, "reservation-changed": 0, "passed-on-retest": 2,
            "done-by": 10,
            "recall": 15,
        ]
        for question in PlantQuestion.all {
            let words = try #require(arguments[question.name])
            let found = try await rows { _ = try await plant.answer(question, words, each: $0) }
            #expect(found.count == counts[question.name], "\(question.name): \(found.first ?? [])")
            await #expect(throws: QueryFault.self) {
                try await plant.answer(question, words + ["x"]) { _ in }
            }
        }
        let life = try await rows { try await stations[0].reader.answer(named: "life", [unit], each: $0) }
        let question = try #require(PlantQuestion.all.first { $0.name == "life" })
        let there = try await rows { _ = try await plant.answer(question, [unit], each: $0) }
        let isSame = there.map { Array($0.dropFirst()) } == life
        #expect(isSame)
        let differences = try await plant.difference(unit, "L2-0001").map(\.what)
        #expect(
            differences.contains("station") && differences.contains("serial") && !differences.contains("sku"))
        await #expect(throws: PlantError.self) { _ = try await plant.difference(unit, "nobody") }
    }

    @Test func aProofOutOfThePlantIsTheStationsOwn() async throws {
        let (plant, stations) = try await sample()
        for (index, station) in stations.enumerated() {
            let unit = TestStation.device((index + 1) * 100 + 1).device
            let bundle = try await plant.proof(ofUnit: unit)
            try bundle.verify(trusting: station.key.verifier)
            #expect(bundle == (try await station.reader.proof(ofUnit: unit)))
        }
        await #expect(throws: PlantError.self) { _ = try await plant.proof(ofUnit: "nobody") }
        await #expect(throws: PlantError.self) {
            _ = try await plant.proof(ofUnit: TestStation.device(101).device, at: "st-2")
        }
    }

    @Test func aNameThatIsForgottenAtTheStationIsForgottenAtThePlant() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.bless(1)
        let pusher = station.pusher(address)
        _ = try await pusher.push()
        let query = try Query(.runs, filter: "operator = Ada")
        #expect(try await rows { _ = try await plant.answer(query, each: $0) }.count == 1)
        try await station.store.close()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", station.path, "DELETE FROM person"]
        try process.run()
        process.waitUntilExit()
        _ = try await PlantPusher(reader: try StationReader.open(at: station.path), address: address).push()
        #expect(try await rows { _ = try await plant.answer(query, each: $0) } == [])
        #expect(try await plant.verify("st-1").isClean)
    }

    @Test func revisionsTravelWholeSignedAndTrusted() async throws {
        let (_, plant) = try await cluster.newPlant()
        let key = try StationKey.generate(name: "office")
        let note = try SignedNote(text: "revision 1\n", signedBy: key).encoded
        let bundle = Array("blessing-station-bundle/1 \(note.utf8.count) 2\n\(note){}rest".utf8)
        let digest = try await plant.publish(bundle, name: "line")
        #expect(try await plant.publish(bundle, name: "line") == digest)
        #expect(try await plant.revisions().map(\.digest) == [digest])
        #expect(try await plant.fetch("line", trusting: [key.verifier]).0 == bundle)
        let stranger = try StationKey.generate(name: "office").verifier
        await #expect(throws: RevisionFault.self) { _ = try await plant.fetch("line", trusting: [stranger]) }
        await #expect(throws: RevisionFault.unknown("other")) {
            _ = try await plant.fetch("other", trusting: [])
        }
        for text in [
            "", "hello\n", "blessing-station-bundle/1 999999 2\nx", "blessing-station-bundle/1 4 2\nnope",
        ] {
            await #expect(throws: RevisionFault.self) {
                _ = try await plant.publish(Array(text.utf8), name: "line")
            }
        }
        try await plant.execute("UPDATE revision SET bytes = overlay(bytes placing '\\x00'::bytea from 60)")
        await #expect(throws: RevisionFault.self) {
            _ = try await plant.fetch("line", trusting: [key.verifier])
        }
    }

    @Test func aBackupIsCompletedFromThePlant() async throws {
        let (address, plant) = try await cluster.newPlant()
        let station = try await TestStation("st-1")
        try await station.bless(1)
        let backup = try await station.reader.backUp(to: station.folder.appending(path: "backup.db").path)
        var options = PlantPusher.Options(seed: 1)
        options.mostEntries = 10
        let pusher = station.pusher(address, options)
        for number in 2...5 { try await station.bless(number) }
        let head = try await pusher.push().head
        var next = backup.entries
        while let stretch = try await plant.stretch(of: "st-1", from: next) {
            try StationCompletion.append(stretch, to: backup.path, key: station.key)
            next = stretch.checkpoint.size
        }
        #expect(next == head.size)
        let restored = try await StationStore.open(at: backup.path, key: station.key, clock: station.clock)
        #expect(try await restored.reader.verify().findings == [])
        try await restored.append(.note(Note(text: "goes on")))
        _ = try await restored.signCheckpoint()
        #expect(try await PlantPusher(reader: restored.reader, address: address).push().sent == 1)
        #expect(try await plant.alarms() == [])
        try await restored.close()
    }
}

extension StationReader {
    /// A ready question at a station.
    func answer(
        named name: String, _ words: [String], each: @escaping @Sendable ([AnswerCell]) throws -> Void
    ) async throws {
        guard let question = NamedQuestion.all.first(where: { $0.name == name }),
            case .statement(let statement) = try await question.answer(self, words)
        else { return }
        try await answer(statement, each: each)
    }
}
