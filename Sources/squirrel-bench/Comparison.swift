#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Times the benchmark programs, each in a process of its own, and prints user CPU seconds and their ratio.
struct Comparison {
    /// Another interpreter that takes a file's path as its argument.
    var original: String?
    /// Each time is the least of this many runs.
    var rounds = 5
    /// Programs to run; all if empty.
    var names: [String] = []

    private static let programs: [(name: String, source: [UInt8])] = [
        ("array_sieve", PackageResources.array_sieve_nut),
        ("blob_crc", PackageResources.blob_crc_nut),
        ("closures", PackageResources.closures_nut),
        ("exceptions", PackageResources.exceptions_nut),
        ("fib", PackageResources.fib_nut),
        ("mandelbrot", PackageResources.mandelbrot_nut),
        ("generators", PackageResources.generators_nut),
        ("empty_loop", PackageResources.empty_loop_nut),
        ("method_calls", PackageResources.method_calls_nut),
        ("sort", PackageResources.sort_nut),
        ("string_append", PackageResources.string_append_nut),
        ("table", PackageResources.table_nut),
    ]

    func run() -> Int32 {
        guard let folder = makeTemporaryFolder() else {
            print("squirrel-bench: cannot make a temporary folder")
            return 1
        }
        defer { rmdir(folder) }
        var logarithms: [Double] = []
        print("program              ours".padded(28) + (original == nil ? "" : "original    ratio"))
        for program in Comparison.programs where names.isEmpty || names.contains(program.name) {
            let path = "\(folder)/\(program.name).nut"
            guard write(program.source, to: path) else {
                print("squirrel-bench: cannot write \(path)")
                return 1
            }
            defer { unlink(path) }
            guard let ours = least([CommandLine.arguments[0], "run", path]) else {
                print("\(program.name): our run failed")
                return 1
            }
            var line = program.name.padded(18) + "\(ours)".prefix(5) + " s"
            if let original {
                guard let theirs = least([original, path]) else {
                    print("\(program.name): the original's run failed")
                    return 1
                }
                let ratio = ours / max(theirs, 0.001)
                logarithms.append(log(max(ratio, 0.001)))
                line = line.padded(28) + "\(theirs)".prefix(5) + " s     " + "\(ratio)".prefix(5)
            }
            print(line)
        }
        if !logarithms.isEmpty {
            let mean = exp(logarithms.reduce(0, +) / Double(logarithms.count))
            print("geometric mean of the ratios: " + "\(mean)".prefix(5))
        }
        return 0
    }

    private func makeTemporaryFolder() -> String? {
        var template = Array("/tmp/squirrel-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func write(_ bytes: [UInt8], to path: String) -> Bool {
        guard let file = fopen(path, "wb") else { return false }
        defer { fclose(file) }
        return fwrite(bytes, 1, bytes.count, file) == bytes.count
    }

    private func least(_ command: [String]) -> Double? {
        var best: Double?
        for _ in 0..<rounds {
            guard let seconds = userSeconds(of: command) else { return nil }
            best = min(best ?? seconds, seconds)
        }
        return best
    }

    /// The user CPU time of a process, nil if it failed. Its output goes nowhere.
    private func userSeconds(of command: [String]) -> Double? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        guard posix_spawn(&process, command[0], &actions, nil, words, environ) == 0 else { return nil }
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(process, &status, 0, &usage) == process, status == 0 else { return nil }
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
    }
}

extension String {
    /// Filled up with spaces.
    fileprivate func padded(_ width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}
