import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What standard output is connected to, and how to write to it.
enum Terminal {
    /// Why standard output took no more, where it did: `errno` of the first failure, else 0.
    private static let lost = Atomic<Int32>(0)

    /// Refuses to go on, or to end well, when something that was written to standard output is not there.
    ///
    /// A line goes on with its units when its screen is gone; what is made to be kept, an export say, asks after each
    /// part.
    /// - Throws: `StationFailure`
    static func requireOutput() throws {
        let code = lost.load(ordering: .relaxed)
        guard code != 0 else { return }
        throw StationFailure(
            .recordLost,
            "Standard output can't be written: \(String(cString: strerror(code))). What is there is not all of it."
        )
    }

    /// Whether standard output is a terminal that a person looks at.
    static let isInteractive = isatty(STDOUT_FILENO) == 1

    /// Colours only on a terminal, and not where `NO_COLOR` asks for none.
    static let hasColour = isInteractive && getenv("NO_COLOR") == nil && !isDumb

    static var isDumb: Bool {
        guard let term = getenv("TERM") else { return true }
        return String(cString: term) == "dumb"
    }

    /// Columns; 80 where nobody can tell.
    static var width: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        if let columns = getenv("COLUMNS"), let number = Int(String(cString: columns)), number > 0 {
            return number
        }
        return 80
    }

    /// Writes bytes to standard output at once; a closed pipe ends the program quietly, as `head` expects.
    static func write(_ text: String) {
        write(Array(text.utf8), to: STDOUT_FILENO)
    }

    static func write(_ bytes: [UInt8]) {
        write(bytes, to: STDOUT_FILENO)
    }

    static func line(_ text: String = "") {
        write(text + "\n")
    }

    /// One sentence on standard error.
    static func complain(_ text: String) {
        write(Array("station: \(text)\n".utf8), to: STDERR_FILENO)
    }

    static func note(_ text: String) {
        write(Array("\(text)\n".utf8), to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Platform.write(
                    descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if written > 0 {
                    offset += written
                } else if errno != EINTR {
                    let code = errno
                    if code == EPIPE { _exit(0) }
                    if descriptor == STDOUT_FILENO {
                        _ = lost.compareExchange(expected: 0, desired: code, ordering: .relaxed)
                    }
                    return
                }
            }
        }
    }

    private enum Platform {
        static func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
            #if canImport(Glibc)
                Glibc.write(descriptor, bytes, count)
            #elseif canImport(Musl)
                Musl.write(descriptor, bytes, count)
            #else
                Darwin.write(descriptor, bytes, count)
            #endif
        }
    }
}

/// Text with a colour where colours are wanted.
enum Ink {
    case good, bad, doubtful, quiet, strong

    func callAsFunction(_ text: String) -> String {
        guard Terminal.hasColour else { return text }
        let code =
            switch self {
            case .good: "32"
            case .bad: "31;1"
            case .doubtful: "33"
            case .quiet: "2"
            case .strong: "1"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
