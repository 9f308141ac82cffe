import StationStore

/// A person's decision about a unit whose blessing nobody here could see: what impCentral shows, who looked, why.
public struct QuarantineResolution: Sendable {
    public enum Finding: Sendable { case blessed, notBlessed }

    public var device: String
    public var finding: Finding
    public var by: String
    public var reason: String

    public init(device: String, finding: Finding, by: String, reason: String) {
        self.device = device
        self.finding = finding
        self.by = by
        self.reason = reason
    }

    /// Writes the decision down.
    /// - Throws: `StoreError` when the unit is not in quarantine, or the answer contradicts the record.
    public func record(in store: StationStore) async throws {
        if finding == .blessed, let run = try await openBlessing(in: store.reader) {
            _ = try await store.append(
                .blessingAnswered(
                    BlessingAnswered(
                        run: run, outcome: .blessed,
                        detail: ["seen": "in impCentral", "by": "a person", "reason": reason])))
        }
        _ = try await store.append(
            .unitReleased(
                UnitReleased(
                    device: device, by: .named(by),
                    reason: "\(finding == .blessed ? "blessed" : "not blessed"): \(reason)")))
    }

    /// The run whose question was never answered.
    private func openBlessing(in reader: StationReader) async throws -> RunID? {
        try await reader.runs(RunFilter(unit: device)).filter { $0.blessing == .noAnswer }.map(\.run).max()
    }
}
