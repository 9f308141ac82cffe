/// What a route may need; a route needs exactly one.
enum Permission: String, CaseIterable, Sendable {
    case watchLine, startWork, abortWork, resolveUnits, readRecord, readProofs, readConfiguration,
        stageConfiguration,
        manageOrders, managePeople, manageTokens, readMetrics, manageWebhooks
}

/// Who asks.
struct Caller: Sendable, Equatable {
    /// How the caller proved who it is.
    enum Means: Sendable, Equatable {
        case session(csrf: String)
        case token(id: String)
        /// The file beside the database that only the station's own user can read.
        case localToken
        /// Nobody signed in; may look, where the station allows it.
        case guest
    }

    var id: String
    var name: String
    var role: String
    var permissions: Set<Permission>
    var means: Means
    var language: String?
}
