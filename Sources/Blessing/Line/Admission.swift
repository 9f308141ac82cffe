/// How many more units the work order may take, counted while slots work side by side. A slot asks for a place
/// before it takes a unit, so that the last place is never promised twice; a unit that fails gives its place back.
actor Admission {
    private var open: Int
    private var running = 0
    private var closed = false
    private var waiting: [CheckedContinuation<Bool, Never>] = []

    /// - Parameter places: quantity of the order less the units blessed already.
    init(places: Int) {
        open = max(0, places)
    }

    /// Waits for a place.
    /// - Returns: false when there will be none: the order is full, or admission was closed.
    func enter() async -> Bool {
        if closed { return false }
        if open > 0 {
            open -= 1
            running += 1
            return true
        }
        if running == 0 { return false }
        return await withCheckedContinuation { waiting.append($0) }
    }

    /// Takes a place if one is free now.
    func enterNow() -> Bool {
        guard !closed, open > 0 else { return false }
        open -= 1
        running += 1
        return true
    }

    /// Gives a place back (`used` false), or fills it for good.
    func leave(used: Bool) {
        running -= 1
        if !used {
            if !closed, !waiting.isEmpty {
                running += 1
                waiting.removeFirst().resume(returning: true)
                return
            }
            open += 1
        }
        if running == 0 || closed { turnAway() }
    }

    /// No more units.
    func close() {
        closed = true
        turnAway()
    }

    private func turnAway() {
        for continuation in waiting { continuation.resume(returning: false) }
        waiting = []
    }
}
