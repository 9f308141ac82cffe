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
        print("start: station --help \(help) ms, /bin/true \(nothing) ms, median of 31 (target 30 ms)")
    }

    /// Milliseconds from the call that starts the program to the one that reaps it. `Process` waits on a run loop, which
    /// adds tens of milliseconds of its own; the two system calls add nothing.
    private func median(_ command: [String]) throws -> Double {
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        var times: [Double] = []
        for _ in 0..<31 {
            let clock = Stopwatch()
            var child = pid_t()
            guard posix_spawn(&child, command[0], &actions, nil, arguments, environ) == 0 else {
                throw POSIXError(.ENOENT)
            }
            var status: Int32 = 0
            waitpid(child, &status, 0)
            times.append(clock.seconds * 1000)
        }
        return (times.sorted()[15] * 10).rounded() / 10
    }
}
