import Audit
import Blessing
import Foundation
import Imp003
import People
import StationConfig
import StationPages
import StationStore
import Synchronization
import TimeAndChance

/// What the routes draw on.
struct Sources: Sendable {
    let desk: Desk
    let board: LineBoard
    let hub: EventHub
    let store: StationStore
    /// Questions to the record, and to its archive where that is here.
    let reader: StationReader
    let configuration: LoadedFolder
    let revisions: RevisionDesk
    let database: ServiceDatabase
    let people: PeopleBook
    let gate: StationGate
    let metrics: ServiceMetrics
    let clock: any WallClock
    let program: String
    /// UTC ms.
    let startedAt: Int64
    let readiness: Readiness
    /// Wakes the sender of webhooks.
    let ringOutbox: @Sendable () -> Void
}

/// The station folder as it was last read; work that has begun goes on with what it began with.
final class LoadedFolder: Sendable {
    private let folder: Mutex<StationFolder>
    /// Reads a folder that is to be this station's.
    let load: @Sendable (_ root: String) throws -> (folder: StationFolder?, problems: [ConfigProblem])

    init(
        _ folder: StationFolder,
        load:
            @escaping @Sendable (_ root: String) throws -> (folder: StationFolder?, problems: [ConfigProblem])
    ) {
        self.folder = Mutex(folder)
        self.load = load
    }

    var current: StationFolder { folder.withLock { $0 } }

    /// Reads the folder again and takes it over when it has no errors.
    func refresh() throws -> [ConfigProblem] {
        let (fresh, problems) = try load(current.root)
        if let fresh { folder.withLock { $0 = fresh } }
        return problems
    }
}

/// Whether the service takes work, for load balancers and systemd.
final class Readiness: Sendable {
    private let state = Mutex(false)
    var isReady: Bool { state.withLock { $0 } }
    func set(_ ready: Bool) { state.withLock { $0 = ready } }
}
