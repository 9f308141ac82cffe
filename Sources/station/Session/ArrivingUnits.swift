import ArgumentParser

/// Which units an emulated line gets; nil takes line.yaml's value.
struct ArrivingUnits: ParsableArguments {
    @Option(help: ArgumentHelp("Emulated slots: how many new units arrive.", valueName: "n"))
    var units: Int?

    @Option(help: ArgumentHelp("Emulated slots: the seed of everything random.", valueName: "n"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Emulated slots: faults instead of line.yaml's, as in \"short#3,weak-antenna:-25%0.05\".",
            valueName: "list"))
    var faults: String?

    func validate() throws {
        if let units, !(0...1_000_000).contains(units) {
            throw ValidationError("--units must be 0 to 1000000, found \(units).")
        }
    }
}
