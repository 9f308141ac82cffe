import StationConfig

extension StationFolder {
    /// The work order that the command line names; may be left out when there is just one.
    func chosenOrder(_ name: String?) throws -> WorkOrder {
        let known = orders.map(\.id).joined(separator: ", ")
        if let name {
            guard let found = order(name) else {
                throw StationFailure(.badInput, "There is no work order \(name) here. There are: \(known).")
            }
            return found
        }
        guard orders.count == 1, let only = orders.first else {
            throw StationFailure(.badInput, "Which work order? There are: \(known).")
        }
        return only
    }
}
