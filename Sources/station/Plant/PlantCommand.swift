import ArgumentParser
import Blessing
import Ledger
import Plant
import StationConfig
import StationStore

struct PlantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plant",
        abstract: "Many stations on one database: send ledgers, share serial numbers, find contradictions.",
        discussion: """
            A station needs no plant: it goes on alone, and sends what the plant has not acknowledged when it can be reached \
            again. docs/plant.md sets a plant database up in fifteen minutes.
            """,
        subcommands: [
            Init.self, Push.self, Status.self, Verify.self, Alarms.self, Lease.self, Ask.self, Named.self,
            Prove.self,
            Revisions.self,
        ])

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the plant's tables, or bring them up to date.",
            discussion: "Needs the rights of the database's owner. Run again it does nothing.")
        @OptionGroup var plant: PlantOptions

        func run() async throws {
            let database = try plant.database()
            let applied = try await database.bringUpToDate()
            let server = try await database.server().split(separator: " ").prefix(2).joined(separator: " ")
            if applied.isEmpty {
                Terminal.line("The plant \(database.place) is up to date (\(server)).")
            } else {
                Terminal.line(
                    "The plant \(database.place) is ready: \(applied.joined(separator: ", ")) (\(server)).")
            }
            await database.close()
        }
    }

    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send the plant what it has not acknowledged yet.",
            discussion: """
                What has to be sent is asked of the plant, never remembered here. Only entries under a signed checkpoint are sent. \
                Works while the station runs.
                """)
        @OptionGroup var options: FolderOptions
        @OptionGroup var plant: PlantOptions
        @Flag(help: "Go on until stopped, also when the plant can't be reached for a while.") var follow =
            false
        @Option(
            help: ArgumentHelp(
                "Hold what the plant has from this entry on against the record, byte for byte, and send what is missing.",
                valueName: "entry"))
        var from: Int64?
        @Option(help: ArgumentHelp("Entries in one transaction.", valueName: "n")) var batch = 8192
        @Flag(help: "Keep the names of persons here; only their seals are sent.") var withoutNames = false
        @Flag(help: "Print one JSON document a report.") var json = false

        func validate() throws {
            guard (1...100_000).contains(batch) else {
                throw ValidationError("--batch must be 1 to 100000, found \(batch).")
            }
            if let from, from < 0 { throw ValidationError("--from must be 0 or more, found \(from).") }
        }

        func run() async throws {
            var wishes = PlantPusher.Options()
            wishes.mostEntries = batch
            wishes.withoutNames = withoutNames
            wishes.patience = plant.silence
            let pusher = PlantPusher(
                reader: try options.reader(), address: try plant.address, options: wishes)
            if let from {
                let (compared, filled) = try await pusher.resend(from..<Int64.max)
                Terminal.line(
                    "\(compared) entries are at the plant as they are here; \(filled) were missing there and were sent."
                )
                return
            }
            guard follow else { return Self.tell(try await pusher.push(), json) }
            let json = json
            let work = Task {
                await pusher.follow { result in
                    switch result {
                    case .success(let report): Self.tell(report, json)
                    case .failure(let error): Terminal.complain("\(error)")
                    }
                }
            }
            await StopSignal().wait()
            work.cancel()
            await work.value
        }

        private static func tell(_ report: PlantPusher.Report, _ json: Bool) {
            if json {
                return JSONOutput.line(
                    .object([
                        "station": .text(report.head.station), "sent": .integer(report.sent),
                        "batches": .integer(Int64(report.batches)),
                        "acknowledged": .integer(report.head.size),
                        "root": .text(report.head.root.hex),
                        "alarms": .list(report.alarms.map { .text($0.sentence) }),
                    ]))
            }
            Terminal.line(
                "\(report.sent) entries sent; the plant has \(report.head.size) of \(report.head.station), root "
                    + "\(report.head.root.hex.prefix(16)).")
            for alarm in report.alarms { Terminal.line(Ink.bad("✗ ") + alarm.sentence) }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How far each station's ledger has come at the plant.")
        @OptionGroup var plant: PlantOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let database = try plant.database()
            let (heads, alarms) = (try await database.heads(), try await database.alarms())
            if json {
                return JSONOutput.line(
                    .object([
                        "open-alarms": .integer(Int64(alarms.count)),
                        "stations": .list(
                            heads.map { head in
                                .object([
                                    "station": .text(head.station), "number": .integer(Int64(head.number)),
                                    "entries": .integer(head.size), "root": .text(head.root.hex),
                                    "last-entry": .text(UTCTime.text(head.lastAt)),
                                    "arrived": .text(UTCTime.text(head.arrivedAt)),
                                    "verifier": .text(head.verifierKey),
                                ])
                            }),
                    ]))
            }
            var table = Table("station", "entries", "last entry", "arrived", "alarms", "root")
            for head in heads {
                table.add(
                    head.station, "\(head.size)",
                    head.size == 0 ? "–" : String(UTCTime.text(head.lastAt).prefix(19)),
                    String(UTCTime.text(head.arrivedAt).prefix(19)),
                    "\(alarms.count { $0.station == head.station })",
                    String(head.root.hex.prefix(16)))
            }
            if table.isEmpty { Terminal.line("No station has sent anything yet.") } else { table.print() }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Check ledgers as the plant has them: every entry once, every hash, every signed checkpoint.",
            discussion: "Exit code 0 when everything holds, 3 when something does not.")
        @OptionGroup var plant: PlantOptions
        @Argument(help: "Stations; none for all.") var stations: [String] = []
        @Option(help: "A verifier text that must be a station's; may be given more than once.") var trust:
            [String] = []

        func run() async throws {
            let keys = try trust.map { text -> VerifierKey in
                do { return try VerifierKey(text: text) } catch {
                    throw StationFailure(.badInput, "\(error)")
                }
            }
            let database = try plant.database()
            let names = stations.isEmpty ? try await database.heads().map(\.station) : stations
            var isClean = true
            for name in names {
                let check = try await database.verify(name, trusting: keys)
                for finding in check.findings { Terminal.line(Ink.bad("✗ ") + "\(name): \(finding)") }
                let mark = check.isClean ? Ink.good("✓ ") : Ink.bad("✗ ")
                Terminal.line(
                    mark + "\(name): \(check.entries) entries, \(check.checkpoints) signed checkpoints"
                        + (check.isClean ? ": everything holds." : ": the ledger does not hold."))
                isClean = isClean && check.isClean
            }
            if !isClean { throw StationFailure(.evidence) }
        }
    }

    struct Alarms: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What contradicts itself: forks, devices blessed twice, serial numbers used twice.",
            discussion: """
                Exit code 3 while there are open ones. An alarm stays until somebody answers it: \
                --answer KIND STATION SUBJECT --by NAME --reason TEXT. The alarm itself is never removed.
                """)
        @OptionGroup var plant: PlantOptions
        @Flag(help: "Also those that were answered.") var all = false
        @Flag(help: "Print JSON.") var json = false
        @Option(
            parsing: .upToNextOption,
            help: "Answer this one: kind, station and subject as the list shows them.")
        var answer: [String] = []
        @Option(help: "Who answers.") var by: String?
        @Option(help: "What it was, and what was done.") var reason: String?

        func run() async throws {
            let database = try plant.database()
            if !answer.isEmpty {
                guard answer.count >= 3, let kind = PlantAlarm.Kind(rawValue: answer[0]), let by, let reason,
                    !by.isEmpty,
                    !reason.isEmpty
                else {
                    throw StationFailure(
                        .badInput,
                        "An answer needs KIND STATION SUBJECT, --by and --reason; kinds are \(PlantAlarm.Kind.allCases.map(\.rawValue).joined(separator: ", "))."
                    )
                }
                try await database.answer(
                    kind, subject: answer.dropFirst(2).joined(separator: " "), station: answer[1], by: by,
                    reason: reason)
                return Terminal.line("Answered; `station plant alarms --all` still shows it.")
            }
            let alarms = try await database.alarms(open: !all)
            if json {
                try JSONOutput.print(alarms)
            } else if alarms.isEmpty {
                Terminal.line(Ink.good("✓ ") + "No alarms.")
            }
            if !json {
                for alarm in alarms {
                    Terminal.line(
                        (alarm.answer == nil ? Ink.bad("✗ ") : Ink.quiet("· "))
                            + "\(alarm.kind.rawValue) \(alarm.station) \(alarm.subject)  \(UTCTime.text(alarm.at))"
                    )
                    Terminal.line("  \(alarm.sentence).")
                    if let answer = alarm.answer {
                        Terminal.line(
                            "  Answered by \(answer.by), \(UTCTime.text(answer.at)): \(answer.reason)")
                    }
                }
            }
            if alarms.contains(where: { $0.answer == nil }) { throw StationFailure(.evidence) }
        }
    }

    struct Lease: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lease a block of a shared order's serial numbers from the plant.",
            discussion: """
                The order's file says `shared: true` under `serials`. A block belongs to this station for good: its numbers are \
                used without the plant, and no other station ever gets them. Without an order it lists what was handed out.
                """)
        @OptionGroup var options: FolderOptions
        @OptionGroup var plant: PlantOptions
        @Argument(help: "The work order.") var order: String?
        @Option(help: ArgumentHelp("How many numbers.", valueName: "n")) var count: Int64 = 500

        func validate() throws {
            guard (1...1_000_000).contains(count) else {
                throw ValidationError("--count must be 1 to 1000000, found \(count).")
            }
        }

        func run() async throws {
            let database = try plant.database()
            guard let order else { return try await list(database) }
            let folder = try options.load(warn: false)
            let paths = options.paths(in: folder)
            let plan = try BlessingPlan.make(for: try folder.chosenOrder(order), in: folder)
            do {
                let block = try await paths.withRecord { store in
                    try await Line.openOrder(of: plan, in: store)
                    let block = try await database.lease(count, of: plan.order.id, for: store)
                    _ = try await store.signCheckpoint()
                    return block
                }
                let range = plan.order.serials
                Terminal.line(
                    "\(block.last - block.first + 1) serial numbers of \(plan.order.id) are this station's: "
                        + "\(range.format(block.first) ?? "") … \(range.format(block.last) ?? "").")
            } catch let fault as LeaseFault {
                throw StationFailure(.refused, "\(fault)")
            }
        }

        private func list(_ database: PlantDatabase) async throws {
            let (pools, blocks) = (try await database.pools(), try await database.blocks())
            var table = Table("order", "station", "first", "last", "numbers", "leased")
            for pool in pools {
                for block in blocks where block.order == pool.order {
                    table.add(
                        block.order, block.station, pool.range.text(block.first), pool.range.text(block.last),
                        "\(block.last - block.first + 1)", String(UTCTime.text(block.leasedAt).prefix(19)))
                }
                table.add(
                    pool.order, "(free)", pool.left > 0 ? pool.range.text(pool.next) : "–",
                    pool.left > 0 ? pool.range.text(pool.range.last) : "–", "\(pool.left)", "")
            }
            if table.isEmpty { Terminal.line("No order shares its serial numbers.") } else { table.print() }
        }
    }
}
