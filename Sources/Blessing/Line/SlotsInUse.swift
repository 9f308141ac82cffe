/// Which slots of a line wait for a unit at the moment.
actor SlotsInUse {
    private var waiting: Set<String> = []

    /// The slot is empty and open.
    func awaitsUnit(_ slot: String) { waiting.insert(slot) }

    /// The slot has a unit, or takes no more.
    func isTaken(_ slot: String) { waiting.remove(slot) }

    /// A slot other than `slot` that waits for a unit, the first by name.
    func freeSlot(besides slot: String) -> String? {
        waiting.subtracting([slot]).min()
    }
}
