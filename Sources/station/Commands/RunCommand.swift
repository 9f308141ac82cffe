import ArgumentParser
import Blessing
import StationConfig

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Bless the units of a work order, slot by slot, with live progress.",
        usage: "station run [<order>] [--dry-run] [--json] [<options>]",
        discussion: """
            Ctrl-C once: finish the units in work, take no new ones. Twice: stop safely now (power off first). A run that was \
            killed is taken up by the next one: what was begun and never finished is closed by what the record says.

            On emulated slots, units come from line.yaml of the station folder; --units, --seed, --faults and --pace \
            change what comes and how fast (`station emulate faults` lists the faults).
            """)

    @OptionGroup var options: FolderOptions

    @Argument(help: "The work order; may be left out when the folder has just one.")
    var order: String?

    @Flag(help: "Print what would be done to each unit, and do nothing.")
    var dryRun = false

    @Flag(help: "Print one JSON document a finished unit, and one at the end.")
    var json = false

    @Option(help: ArgumentHelp("Who works here; the record keeps a salted hash.", valueName: "id"))
    var `operator`: String?

    @OptionGroup var arriving: ArrivingUnits

    @Option(
        help: ArgumentHelp(
            "Emulated slots: how many times faster than real time; 0 is as fast as possible.", valueName: "x")
    )
    var pace: Double = 0

    @Option(
        help: ArgumentHelp(
            "Emulated slots: factory firmware in Squirrel that the units run instead of the program's own.",
            valueName: "file"))
    var firmware: String?

    @OptionGroup var broken: BrokenRows

    @OptionGroup var sources: SquirrelSources

    func validate() throws {
        if !(pace >= 0 && pace <= 100_000) {
            throw ValidationError("--pace must be 0 to 100000, found \(pace).")
        }
    }

    func run() async throws {
        let folder = try options.load(warn: !json)
        let order = try folder.chosenOrder(order)
        let plan = try BlessingPlan.make(for: order, in: folder)
        if dryRun {
            if json { return Terminal.write(plan.canonicalBytes + [0x0A]) }
            for line in plan.lines { Terminal.line(line) }
            return
        }
        if let service = LocalService.running(database: options.paths(in: folder).database) {
            guard !wishesOwnSlots else {
                throw StationFailure(
                    .refused,
                    "A service owns the slots of this station, so --units, --seed, --faults, --pace, --firmware and --break are for it to say. Stop it, or leave them out."
                )
            }
            return try await ServedRun(service: service, order: order.id, json: json).run()
        }
        let session = try await RunSession(
            folder: folder, paths: options.paths(in: folder), plan: plan,
            operatedBy: try chosenOperator(in: folder, order),
            emulation: EmulationWishes(
                arriving: arriving, pace: pace, broken: try broken.rows(), firmware: firmware,
                libraries: sources.library))
        try await session.run(showing: json ? .json : .text)
    }

    private var wishesOwnSlots: Bool {
        arriving.units != nil || arriving.seed != nil || arriving.faults != nil || pace != 0
            || firmware != nil
    }

    private func chosenOperator(in folder: StationFolder, _ order: WorkOrder) throws -> String? {
        guard let id = `operator` ?? order.operatorID else { return nil }
        guard folder.station.operators.isEmpty || folder.station.operators.contains(where: { $0.id == id })
        else {
            throw StationFailure(
                .badInput,
                "Operator \(id) is not in station.yaml, which has \(folder.station.operators.map(\.id).joined(separator: ", "))."
            )
        }
        return id
    }
}
