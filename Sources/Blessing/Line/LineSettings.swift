import ContentAddress
import Fixturing
import StationConfig
import StationStore
import Synchronization
import TimeAndChance

/// What is the same for every unit of a session.
public struct LineSettings: Sendable {
    /// Named in every run's record: program and version.
    public var program: String
    /// Who works at the station; stored as a salted hash.
    public var operatedBy: String?
    /// The factory network, secrets resolved. Never recorded.
    public var network: FactoryNetwork
    /// Folder that takes labels, one file each; nil prints none.
    public var labelSpool: String?
    public var control: LineControl
    /// Golden units and gauge parts: they are measured, and never changed or blessed; a slot without a good check of a
    /// golden unit works on nothing else.
    public var golden: GoldenSettings?
    /// SHA-256 of the factory firmware that units get, by the slot's name; slots that do not know it are missing.
    public var firmware: [String: SHA256Digest]
    /// For dates on labels.
    public var clock: any WallClock

    public init(
        program: String, operatedBy: String?, network: FactoryNetwork, labelSpool: String?,
        control: LineControl = LineControl(), firmware: [String: SHA256Digest] = [:],
        clock: any WallClock = SystemWallClock()
    ) {
        self.program = program
        self.operatedBy = operatedBy
        self.network = network
        self.labelSpool = labelSpool
        self.control = control
        self.firmware = firmware
        self.clock = clock
    }
}

/// How a person or a signal stops a line: first "finish what is in work", then "stop safely now".
public final class LineControl: Sendable {
    private enum Wish { case run, finish, abort }
    private struct State {
        var wish = Wish.run
        var onAbort: [@Sendable () -> Void] = []
        var onFinish: [UInt64: @Sendable () -> Void] = [:]
        var lastWatch: UInt64 = 0
    }
    private let state = Mutex(State())

    public init() {}

    /// No new unit is admitted; those in work go to their end.
    public func finish() {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            if state.wish == .run { state.wish = .finish }
            defer { state.onFinish = [:] }
            return Array(state.onFinish.values)
        }
        for action in actions { action() }
    }

    /// Units in work are stopped at the next safe point, fixtures first.
    public func abort() {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            state.wish = .abort
            defer { (state.onAbort, state.onFinish) = ([], [:]) }
            return state.onAbort + state.onFinish.values
        }
        for action in actions { action() }
    }

    public var isFinishing: Bool { state.withLock { $0.wish != .run } }
    public var isAborting: Bool { state.withLock { $0.wish == .abort } }

    /// `action` runs once, at the abort, or at once when that has already come.
    func onAbort(_ action: @escaping @Sendable () -> Void) {
        let now = state.withLock { state -> Bool in
            if state.wish == .abort { return true }
            state.onAbort.append(action)
            return false
        }
        if now { action() }
    }

    /// Runs something that may wait for a person without end, and cancels it as soon as no new unit is wanted.
    func untilFinishing<Value: Sendable>(
        _ body: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
        let task = Task(operation: body)
        let watch = state.withLock { state -> UInt64? in
            guard state.wish == .run else { return nil }
            state.lastWatch += 1
            state.onFinish[state.lastWatch] = { task.cancel() }
            return state.lastWatch
        }
        if watch == nil { task.cancel() }
        defer { if let watch { state.withLock { _ = $0.onFinish.removeValue(forKey: watch) } } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
