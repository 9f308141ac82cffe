import Fixturing
import NORChipModel

/// The feed of units and the surroundings that slots share. Whichever slot asks first gets the next unit; what a
/// unit is like depends on the seed and its ordinal only.
public actor EmulatedLine {
    /// The cloud that enrols and blesses this line's units.
    public nonisolated let cloud: EmulatedCloud
    /// What the line was made from.
    public nonisolated let setup: LineSetup
    nonisolated let roster: UnitRoster

    private var tray: [Int] = []
    /// Units that an earlier life of this line left in a slot.
    private var leftInSlot: [String: Int] = [:]
    /// Units in slots, handed out by this life of the line.
    private var seated: Set<Int> = []
    private var retested: [Int: Int] = [:]
    /// Units that a slot turned away, and which slot that was.
    private var turnedAway: [Int: String] = [:]
    private var isClosed = false
    private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter = 0

    /// - Parameter shelf: what remembers the units; those that it knows come as they were.
    /// - Throws: `LineError` for a chip that there is no model of, `ShelfError` for a shelf that can't be read.
    public init(_ setup: LineSetup, shelf: UnitShelf? = nil) throws {
        try self.init(recipes: setup.recipes, setup: setup, shelf: shelf)
    }

    /// - Parameter recipes: the units, instead of those that `setup` would make.
    /// - Throws: as the other.
    public init(recipes: [UnitRecipe], setup: LineSetup, shelf: UnitShelf? = nil) throws {
        if let unknown = recipes.first(where: { NORPart.named($0.chipPart) == nil }) {
            throw LineError.unknownChip(unknown.chipPart, ordinal: unknown.ordinal)
        }
        self.setup = setup
        var remembered: [Int: UnitState] = [:]
        for state in try shelf?.load() ?? [] { remembered[state.recipe.ordinal] = state }
        let states = recipes.map { remembered[$0.ordinal] ?? UnitState(recipe: $0) }
        roster = UnitRoster(states, shelf: shelf)
        cloud = EmulatedCloud(
            behaviour: setup.cloud, seed: setup.seed, internet: setup.internet,
            remembered: try shelf?.blessings() ?? [],
            onWebhook: setup.onWebhook, onBlessing: { record in shelf?.append(record) })
        retested = Dictionary(uniqueKeysWithValues: states.map { ($0.recipe.ordinal, $0.retests) })
        // New units first, those that come back behind them.
        tray = states.filter { $0.place == .waiting }
            .sorted { ($0.retests, $0.recipe.ordinal) < ($1.retests, $1.recipe.ordinal) }
            .map(\.recipe.ordinal)
        for state in states {
            if case .seated(let slot) = state.place { leftInSlot[slot] = state.recipe.ordinal }
        }
    }

    /// A slot of this line, by the name under which the shelf remembers what sits in it.
    public nonisolated func slot(_ name: String) -> EmulatedSlot {
        EmulatedSlot(name: name, line: self)
    }

    /// No more units come; slots that wait for one get nil.
    public func close() {
        isClosed = true
        wakeAll()
    }

    /// Slots that wait for a unit to come back.
    var waitingSlots: Int { waiters.count }

    /// Units in the tray.
    public var waiting: Int { tray.count }

    /// A unit as it was last written down: when it was seated, at its last durable change, when it left.
    public nonisolated func unit(_ ordinal: Int) -> UnitState? {
        roster[ordinal]
    }

    /// The next unit for a slot; waits while one could still come back for a retest.
    /// - Returns: nil when no more will come.
    func next(for slot: String) async throws -> UnitState? {
        while true {
            try Task.checkCancellation()
            if let ordinal = leftInSlot.removeValue(forKey: slot) {
                seated.insert(ordinal)
                return roster[ordinal]
            }
            if isClosed { return nil }
            if let index = tray.firstIndex(where: { turnedAway[$0] != slot }) {
                let ordinal = tray.remove(at: index)
                turnedAway[ordinal] = nil
                seated.insert(ordinal)
                return roster[ordinal]
            }
            guard seated.contains(where: { retested[$0, default: 0] < setup.retests }) else { return nil }
            await waitForChange()
        }
    }

    /// Whether a unit with this verdict will be put back into the feed.
    nonisolated func comesBack(_ state: UnitState, after verdict: Verdict) -> Bool {
        verdict == .otherSlot
            || (verdict == .fail || verdict == .aborted) && state.retests < setup.retests
    }

    /// A slot is done with a unit.
    /// - Parameter slot: sent it away to be seated in another; nil otherwise.
    func takeBack(_ ordinal: Int, again: Bool, notTo slot: String? = nil) {
        seated.remove(ordinal)
        if again, let slot {
            turnedAway[ordinal] = slot
            tray.insert(ordinal, at: 0)
        } else if again {
            retested[ordinal, default: 0] += 1
            switch setup.retestOrder {
            case .afterNewUnits: tray.append(ordinal)
            case .immediately: tray.insert(ordinal, at: 0)
            }
        }
        wakeAll()
    }

    private func waitForChange() async {
        let number = nextWaiter
        nextWaiter += 1
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { waiters[number] = continuation }
            }
        } onCancel: {
            Task { await self.wake(number) }
        }
    }

    private func wake(_ number: Int) {
        waiters.removeValue(forKey: number)?.resume()
    }

    private func wakeAll() {
        for number in waiters.keys.sorted() { wake(number) }
    }
}

/// Why a line can't be made.
public enum LineError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownChip(String, ordinal: Int)

    public var description: String {
        switch self {
        case .unknownChip(let name, let ordinal):
            let known = NORPart.catalogue.map(\.name).joined(separator: ", ")
            return
                "Unit \(ordinal) wants the flash chip \(name), of which there is no model. Known are: \(known)."
        }
    }
}
