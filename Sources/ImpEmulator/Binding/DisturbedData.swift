import Squirrel

extension SquirrelMachine {
    /// Before R21 a connection could change the program's data: one number in one of its tables is another now.
    func disturbData() {
        guard let vm = (firmware as? DeviceFirmware)?.vm else { return }
        var places: [(table: SquirrelObject, key: SquirrelValue, number: Int32)] = []
        for entry in vm.root.entries {
            guard let table = entry.value.objectValue, table.kind == .table else { continue }
            for inner in table.entries {
                if case .integer(let number) = inner.value { places.append((table, inner.key, number)) }
            }
        }
        guard !places.isEmpty else { return }
        let place = places[Int(module.randomNumber()) % places.count]
        try? place.table.setValue(.integer(place.number ^ 1), forKey: place.key)
    }
}
