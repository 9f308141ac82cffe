import ArgumentParser
import Foundation
import People
import StationStore

struct PeopleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "people",
        abstract: "Who may use the station: users, roles, PINs, API tokens.",
        discussion: """
            Works on people.db beside the record, also while the station runs; changes hold at once. Each goes into the record. \
            PINs are asked for on the terminal, or read from standard input.
            """,
        subcommands: [
            List.self, Add.self, SetRole.self, SetBadge.self, PIN.self, Lock.self, Unlock.self, Remove.self,
            Forget.self, PeopleTokenCommand.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All users.")
        @OptionGroup var options: FolderOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let users = try await PeopleDesk(options).book.users()
            if json { return try JSONOutput.print(users) }
            var table = Table("id", "name", "role", "badge", "state")
            for user in users {
                let state = user.state == .active && !user.hasPIN ? "no PIN" : user.state.rawValue
                table.add(user.id, user.name, user.role.rawValue, user.badge ?? "–", state)
            }
            if table.isEmpty { Terminal.line("No users.") } else { table.print() }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a user.")
        @OptionGroup var options: FolderOptions
        @Argument(help: "The ID under which the record knows them: letters, digits, '.', '_', '-'.")
        var id: String
        @Option(help: "operator, engineer, quality or admin.") var role: String
        @Option(help: "What screens call them.") var name: String = ""
        @Option(help: "What the scanner reads off their badge.") var badge: String?
        @Option(help: "Their language, as in en or zh-Hans.") var language: String?
        @Flag(help: "Make a PIN up and print it.") var generate = false
        @Flag(help: "No PIN: they can't sign in, for machines that only have tokens.") var noPin = false
        @Flag(help: "The PIN need not be changed at the first sign-in.") var final = false

        func run() async throws {
            let desk = try PeopleDesk(options)
            let user = NewUser(
                id: id, name: name, badge: badge, role: try role.asRole(), language: language)
            let pin = noPin ? nil : try await desk.newPIN(generates: generate)
            try await desk.book.add(user, pin: pin, temporary: !final, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line("\(id) is added as \(role).")
        }
    }

    struct SetRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Give a user another role.")
        @OptionGroup var options: FolderOptions
        @Argument var id: String
        @Argument(help: "operator, engineer, quality or admin.") var role: String

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.book.setRole(try role.asRole(), of: id, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line("\(id) is \(role) now.")
        }
    }

    struct SetBadge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "badge", abstract: "Give a user another badge, or none.")
        @OptionGroup var options: FolderOptions
        @Argument var id: String
        @Argument(help: "What the scanner reads; leave it out to take the badge away.") var badge: String?

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.book.setBadge(badge, of: id, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line(badge == nil ? "\(id) has no badge now." : "\(id) has badge \(badge ?? "") now.")
        }
    }

    struct PIN: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin", abstract: "Set a user's PIN; their sessions end.")
        @OptionGroup var options: FolderOptions
        @Argument var id: String
        @Flag(help: "Make one up and print it.") var generate = false
        @Flag(help: "It need not be changed at the next sign-in.") var final = false

        func run() async throws {
            let desk = try PeopleDesk(options)
            _ = try await desk.book.user(id)
            let pin = try await desk.newPIN(generates: generate)
            try await desk.book.resetPIN(pin, of: id, temporary: !final, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line("\(id) has a new PIN.")
        }
    }

    struct Lock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep a user out until unlocked.")
        @OptionGroup var options: FolderOptions
        @Argument var id: String

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.book.lock(id, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line("\(id) is locked; sessions have ended, tokens don't work.")
        }
    }

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a user in again, also after too many wrong PINs.")
        @OptionGroup var options: FolderOptions
        @Argument var id: String

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.book.unlock(id, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line("\(id) may sign in.")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Somebody has left: badge, PIN, name and tokens are gone; the ID stays taken.")
        @OptionGroup var options: FolderOptions
        @Argument var id: String

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.book.remove(id, by: PeopleDesk.author)
            try await desk.record()
            Terminal.line(
                "\(id) is removed. To take the name out of the record too: station people forget \(id)")
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Destroy a person's name in the record; entries and proofs still hold.",
            discussion: """
                The name and its salt are overwritten; what they did stays in the record as done by "forgotten person #n". Can't be \
                undone. Backups made before still hold the name, and so may texts that people typed. Stop the station first.
                """)
        @OptionGroup var options: FolderOptions
        @Argument(help: "The user's ID, or the operator's name as `station audit ask done-by` knows it.")
        var person: String
        @Option(help: "Who decided it; stays in the record.") var by: String?

        func run() async throws {
            let desk = try PeopleDesk(options)
            try await desk.record()
            let wasUser = try await desk.book.forget(person)
            let author = by ?? PeopleDesk.author.person
            do {
                let done = try await desk.paths.withRecord { store in
                    let done = try await store.forget(
                        person: person, by: author.map(Person.named), place: PeopleDesk.author.place)
                    _ = try await store.signCheckpoint()
                    try await store.rewrite()
                    return done
                }
                Terminal.line(
                    "Forgotten person #\(done.number): entry \(done.sequence) says that somebody was forgotten."
                )
            } catch StoreError.notFound where wasUser {
                Terminal.line("Taken out of people.db; no entry of the record was about them.")
            }
        }
    }
}

extension String {
    /// - Throws: `StationFailure` that names the roles.
    fileprivate func asRole() throws -> Role {
        guard let role = Role(rawValue: self) else {
            throw StationFailure(
                .badInput,
                "\"\(self)\" is no role; there are \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }
}
