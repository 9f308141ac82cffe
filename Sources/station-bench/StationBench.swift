import Foundation

/// `make bench`: the figures that `docs/performance.md` holds, each beside a peer or a floor in the same run.
///
/// `station-bench` runs all; `station-bench flash|usb|record|fleet|year|serve|events|start` one group. From the project's folder,
/// with `station` built in release as well.
@main enum StationBench {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.count == 3, words[0] == FlashFigures.childArgument {
            return try await FlashFigures.child(chipFile: words[1], imageFile: words[2])
        }
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let groups: [(name: String, run: () async throws -> Void)] = [
            ("flash", { try FlashFigures(executable: program, runs: 5).run() }),
            ("usb", { try await USBFigures().run() }),
            ("record", { try await RecordFigures.run(Array(words.dropFirst())) }),
            (
                "fleet",
                { try await FleetFigures(units: words.dropFirst().first.flatMap { Int($0) } ?? 1000).run() }
            ),
            ("year", { try await YearFigures.run(Array(words.dropFirst())) }),
            (
                "serve",
                {
                    try await ServeFigures(
                        program: program, folder: words.dropFirst().first ?? "stations/demo"
                    ).run()
                }
            ),
            ("events", { try await EventFigures(folder: words.dropFirst().first ?? "stations/demo").run() }),
            ("start", { try StartFigures(program: program).run() }),
        ]
        for group in groups where words.isEmpty || words[0] == group.name {
            print("== \(group.name)")
            do { try await group.run() } catch {
                FileHandle.standardError.write(Data("station-bench \(group.name): \(error)\n".utf8))
                exit(1)
            }
            // Into a pipe, too, each group comes as soon as it is known.
            fflush(nil)
        }
    }
}
