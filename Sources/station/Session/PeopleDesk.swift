import Foundation
import People
import StationStore

/// The book of people at the console: opens it, says who acts, and carries what happened into the record.
struct PeopleDesk {
    let paths: StationPaths
    let book: PeopleBook

    init(_ options: FolderOptions) throws {
        paths = try options.paths()
        try FileManager.default.createDirectory(
            atPath: (paths.people as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        book = try PeopleBook(at: paths.people)
    }

    /// The account at the machine: whoever can write the file may do what it says.
    static var author: Author {
        Author(person: ProcessInfo.processInfo.userName, place: "console")
    }

    /// Writes what happened into the record, unless the running station holds it: that one does it then.
    func record() async throws {
        guard FileManager.default.fileExists(atPath: paths.database) else {
            return Terminal.note("There is no record yet; what was done goes into it when there is one.")
        }
        do {
            _ = try await paths.withRecord { try await book.recordFacts(in: $0) }
        } catch StoreError.lockedByOther {
            Terminal.note("The running station writes this into the record.")
        }
    }

    // MARK: PINs at the keyboard

    /// A PIN from the keyboard (twice, unseen), from a pipe, or made up.
    /// - Parameter generates: makes one up and prints it.
    func newPIN(generates: Bool) async throws -> String {
        if generates {
            let pin = try await book.randomPIN()
            Terminal.line("PIN \(pin)  (to be changed at the first sign-in; it is not shown again)")
            return pin
        }
        let pin = try Self.ask("New PIN: ")
        let again = isatty(STDIN_FILENO) == 0 ? pin : try Self.ask("Again: ")
        guard again == pin else {
            throw StationFailure(.badInput, "The two PINs differ; nothing was changed.")
        }
        return pin
    }

    /// One line that isn't echoed.
    static func ask(_ prompt: String) throws -> String {
        var saved = termios()
        let isTerminal = tcgetattr(STDIN_FILENO, &saved) == 0
        if isTerminal {
            var quiet = saved
            quiet.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)
            FileHandle.standardError.write(Data(prompt.utf8))
        }
        defer {
            if isTerminal {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
                FileHandle.standardError.write(Data("\n".utf8))
            }
        }
        guard let line = readLine(), !line.isEmpty else {
            throw StationFailure(.badInput, "A PIN is needed: type it, or give it on standard input.")
        }
        return line
    }
}
