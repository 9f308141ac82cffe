import ArgumentParser
import Foundation
import People
import StationStore

struct PeopleTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "API tokens: for machines, with scopes and an end.",
        subcommands: [Make.self, List.self, End.self], defaultSubcommand: List.self)

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token; it is shown once.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "Whose token it is; it never may more than they.") var user: String
        @Option(help: "What it is for.") var name: String
        @Option(parsing: .upToNextOption, help: "What it may do, as in readRecord watchLine.")
        var scopes: [String]
        @Option(help: "Days until it ends.") var days = 365

        func run() async throws {
            let desk = try PeopleDesk(options)
            let scopes = try Set(
                scopes.map { word in
                    guard let scope = Permission(rawValue: word) else {
                        throw StationFailure(
                            .badInput,
                            "\"\(word)\" is no permission; there are \(Permission.allCases.map(\.rawValue).joined(separator: ", "))."
                        )
                    }
                    return scope
                })
            let (life, overflow) = Int64(days).multipliedReportingOverflow(by: 86_400_000)
            let made = try await desk.book.makeToken(
                for: user, name: name, scopes: scopes, life: overflow ? .max : life, by: PeopleDesk.author)
            try await desk.record()
            Terminal.note(
                "Token \(made.info.id), until \(UTCTime.text(made.info.expiresAt)); it is not shown again:")
            Terminal.line(made.text)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All tokens, without their secrets.")
        @OptionGroup var options: FolderOptions
        @Option(help: "Only this user's.") var user: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let tokens = try await PeopleDesk(options).book.tokens(of: user)
            if json { return try JSONOutput.print(tokens) }
            var table = Table("id", "user", "name", "until", "used", "scopes")
            for token in tokens {
                table.add(
                    token.id, token.user, token.name,
                    token.endedAt == nil ? String(UTCTime.text(token.expiresAt).prefix(10)) : "ended",
                    token.usedAt.map { String(UTCTime.text($0).prefix(16)) } ?? "never",
                    token.scopes.map(\.rawValue).joined(separator: " "))
            }
            if table.isEmpty { Terminal.line("No tokens.") } else { table.print() }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a token.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The token's ID, as `list` shows it.") var token: String

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.book.endToken(token, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line("Token \(token) has ended.")
        }
    }
}
