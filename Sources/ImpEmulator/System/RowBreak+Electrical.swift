extension RowBreak {
    /// Pins, buses, the system and the language.
    static let electrical: [RowID: String] = [:]
}
