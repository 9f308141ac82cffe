extension RowBreak {
    /// Radio, connection, cloud, BlinkUp.
    static let network: [RowID: String] = [:]
}
