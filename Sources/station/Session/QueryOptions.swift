import ArgumentParser
import Audit

/// A question in the filter language, asked of one station or of a plant.
struct QueryOptions: ParsableArguments {
    /// Rows that a table shows unless told.
    static let tableRows = 200

    @Argument(help: "units, runs, steps, measurements or entries.") var subject: Subject
    @Argument(help: "The filter; nothing for all.") var filter = ""
    @Option(help: "Show these fields, separated by commas.") var show: String?
    @Option(help: "Sort by these fields, separated by commas; NAME:desc for descending.") var sort: String?
    @Option(help: "Count in groups by these fields, separated by commas.") var group: String?
    @Option(help: "At most so many rows (a table shows \(tableRows) unless told).") var limit: Int?
    @Flag(help: "Show the SQL and the database's plan instead of the answer.") var explain = false

    /// - Parameters:
    ///   - asTable: for a person's eyes, so that the rows are cut where nobody said how many.
    ///   - columns: instead of those of `--show`.
    /// - Throws: `StationFailure` with what is wrong and where.
    func query(asTable: Bool, columns: [String]? = nil) throws -> Query {
        do {
            return try Query(
                subject, filter: filter, columns: columns ?? Self.names(show), sort: Self.names(sort),
                groups: Self.names(group), limit: limit ?? (asTable && !explain ? Self.tableRows : nil))
        } catch {
            throw StationFailure(.badInput, "\(error)")
        }
    }

    /// Rows after which a table says that there may be more; nil where somebody said how many.
    var cut: Int? { limit == nil ? Self.tableRows : nil }

    private static func names(_ text: String?) -> [String] {
        text?.split(separator: ",").map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        } ?? []
    }
}

extension Subject: ExpressibleByArgument {}
