import ArgumentParser
import Imp003
import StationConfig

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check every file of the station folder and name every problem at once.")

    @OptionGroup var options: FolderOptions

    @Flag(help: "Print the problems as JSON.")
    var json = false

    func run() throws {
        let (folder, problems) = StationFolder.load(
            at: options.path, regulatory: try Regulatory.database(), emulator: .ours)
        if json {
            try JSONOutput.print(problems)
        } else {
            for problem in problems { Terminal.line("\(problem)") }
        }
        let errors = problems.count { $0.severity == .error }
        let warnings = problems.count - errors
        guard let folder else {
            throw StationFailure(
                .badInput, json ? "" : "\(errors.of("error")), \(warnings.of("warning")) in \(options.path).")
        }
        if !json {
            let concrete = folder.skus.count { !$0.isAbstract }
            Terminal.line(
                "\(folder.station.name): \(folder.station.slots.count.of("slot")), \(concrete.of("SKU")), \(folder.plans.count.of("plan")), "
                    + "\(folder.orders.count.of("work order")); no errors, \(warnings.of("warning")).")
        }
    }
}

extension Int {
    /// `1 unit`, `2 units`.
    func of(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
