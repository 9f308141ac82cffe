import Foundation

/// How long `station --help` takes, beside a program that does nothing.
struct StartFigures {
    let program: String

    func run() throws {
        let station = URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent(
            "station"
        ).path
        let help = try median([station, "--help"])
        let nothing = try median(["/bin/true"])
        print("start: station --help \(help) ms, /bin/true \(nothing) ms, median of 21 (target 30 ms)")
    }

    private func median(_ command: [String]) throws -> Double {
        var times: [Double] = []
        for _ in 0..<21 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: command[0])
            process.arguments = Array(command.dropFirst())
            process.standardOutput = FileHandle.nullDevice
            let began = ContinuousClock.now
            try process.run()
            process.waitUntilExit()
            times.append(Double((ContinuousClock.now - began).components.attoseconds) / 1e15)
        }
        return (times.sorted()[10] * 10).rounded() / 10
    }
}
