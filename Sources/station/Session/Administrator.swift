import ArgumentParser
import Foundation
import People
import StationStore

/// Who answers for an act that changes what the record rests on.
struct AdministratorOptions: ParsableArguments {
    @Option(help: "The administrator's badge; the PIN is asked for, or read from standard input.")
    var badge: String?
    @Option(help: "Who decides, where the station has no users with badges yet.")
    var by: String?
    @Option(help: "Why; stays in the record.")
    var reason: String

    /// The administrator's name, shown by badge and PIN where there is an administrator.
    /// - Throws: `StationFailure`, `PeopleError`
    func identify(_ paths: StationPaths) async throws -> Person {
        guard !reason.trimmingCharacters(in: .whitespaces).isEmpty else {
            throw StationFailure(.badInput, "A reason is needed: --reason.")
        }
        let hasBook = FileManager.default.fileExists(atPath: paths.people)
        let book = hasBook ? try PeopleBook(at: paths.people) : nil
        guard let book, try await book.hasAdministrator() else {
            guard let by, !by.isEmpty else {
                throw StationFailure(
                    .badInput, "Say who decides: --by NAME (this station has no administrator yet).")
            }
            return .named(by)
        }
        guard let badge else {
            throw StationFailure(
                .refused, "This needs an administrator of this station: --badge, and the PIN.")
        }
        let user = try await book.identify(badge: badge, pin: try PeopleDesk.ask("PIN: "), from: "console")
        guard user.role == .admin, !user.mustChangePIN else {
            throw StationFailure(
                .refused,
                user.role == .admin
                    ? "\(user.id) has to change the PIN first."
                    : "\(user.id) is \(user.role.rawValue), not admin.")
        }
        return .named(user.id)
    }
}
