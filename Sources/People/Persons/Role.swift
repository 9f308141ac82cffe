/// What a person is at this station.
public enum Role: String, CaseIterable, Sendable, Codable {
    /// Scans, seats, starts, reads PASS or FAIL.
    case `operator`
    /// Writes SKUs and plans, decides about units, hunts a yield dip.
    case engineer
    /// Reads and proves, changes nothing.
    case quality
    /// Manages people, tokens and webhooks; may do everything else too.
    case admin

    /// What the role may do.
    public var permissions: Set<Permission> { Self.table[self] ?? [] }

    /// The whole of who may do what, as data: one row a role.
    public static let table: [Role: Set<Permission>] = [
        .operator: [.watchLine, .startWork, .abortWork],
        .engineer: [
            .watchLine, .startWork, .abortWork, .resolveUnits, .readRecord, .readProofs, .readConfiguration,
            .stageConfiguration, .manageOrders, .readMetrics,
        ],
        .quality: [.watchLine, .readRecord, .readProofs, .readConfiguration, .readMetrics],
        .admin: Set(Permission.allCases),
    ]
}

/// One thing that somebody may or may not do. A route of the service needs exactly one.
public enum Permission: String, CaseIterable, Sendable, Codable {
    /// See the slots, orders and alarms as they are now.
    case watchLine
    /// Start a unit in a slot.
    case startWork
    /// Stop a unit, clear a slot.
    case abortWork
    /// Let a unit out of quarantine.
    case resolveUnits
    /// Read units, runs, measurements and ledger entries.
    case readRecord
    /// Make proof bundles.
    case readProofs
    /// Read SKUs, plans and orders.
    case readConfiguration
    /// Stage and activate signed revisions.
    case stageConfiguration
    /// Open, pause and close work orders.
    case manageOrders
    /// Add, change and remove users.
    case managePeople
    /// Make and end API tokens.
    case manageTokens
    /// Read the metrics of the service.
    case readMetrics
    /// Say where webhooks go.
    case manageWebhooks
}
