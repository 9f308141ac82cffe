extension ConformanceCase {
    /// Radio, connection, cloud, BlinkUp.
    static let network: [ConformanceCase] = []
}
