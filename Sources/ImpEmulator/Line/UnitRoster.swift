import Synchronization

/// All units of a line by ordinal, shared by the line and its slots; written through to the shelf when there is one.
final class UnitRoster: Sendable {
    private let units: Mutex<[Int: UnitState]>
    let shelf: UnitShelf?

    init(_ states: [UnitState], shelf: UnitShelf?) {
        units = Mutex(Dictionary(uniqueKeysWithValues: states.map { ($0.recipe.ordinal, $0) }))
        self.shelf = shelf
    }

    subscript(ordinal: Int) -> UnitState? {
        units.withLock { $0[ordinal] }
    }

    /// Takes a unit's state in, on the shelf first.
    func store(_ state: UnitState) throws(ShelfError) {
        try shelf?.save(state)
        units.withLock { $0[state.recipe.ordinal] = state }
    }
}
