/// A program on an emulated module under a logic analyser: what its pins did from its first instruction on.
public struct ProgramTrace: Sendable {
    /// The nets.
    public let trace: LogicTrace
    /// What the module logged.
    public let log: [String]
    /// For voltages.
    public let supplyVolts: Double

    /// Runs a program on a module that has its network settings, for some virtual time.
    /// - Parameters:
    ///   - pins: whose nets are recorded; nil for all.
    ///   - duration: from the program's start on.
    ///   - broken: behaviours that are undone meanwhile.
    /// - Throws: a sentence when the program never starts.
    public static func record(
        _ program: DeviceProgram, board: ProductBoard = .sensorNode, pins: [PinName]? = nil,
        duration: Duration, broken: Set<RowID> = []
    ) throws -> ProgramTrace {
        var setup = ConformanceSetup.standard(board: board)
        setup.line.firmware = .squirrel(factory: program, application: program)
        setup.line.release.broken = broken
        let bench = try ConformanceBench(setup)
        try bench.start()
        let nets = try bench.module.board.nets
        nets.beginRecording(pins)
        bench.run(duration)
        guard let trace = nets.trace() else { throw ConformanceTrouble.noUnit }
        return ProgramTrace(trace: trace, log: bench.log, supplyVolts: try bench.module.board.supplyVolts)
    }
}

extension LogicTrace.Channel {
    /// A net's trace in a few figures.
    public struct Summary: Sendable, Equatable {
        public var edges: Int
        public var first: VirtualInstant?
        public var last: VirtualInstant?
        /// Between two edges; nil when there are fewer than two.
        public var shortestPulse: Duration?
        /// Shares of the whole time, 0 to 1.
        public var shares: [LogicLevel: Double]
        /// At the end.
        public var level: LogicLevel
    }

    /// - Parameters:
    ///   - start: the trace's beginning.
    ///   - end: the trace's end.
    public func summary(from start: VirtualInstant, to end: VirtualInstant) -> Summary {
        let edges = edges
        var shares: [LogicLevel: Double] = [:]
        let whole = max((end - start).inSeconds, 1e-9)
        for (index, change) in changes.enumerated() {
            let until = index + 1 < changes.count ? changes[index + 1].time : end
            shares[change.level, default: 0] += (until - change.time).inSeconds / whole
        }
        return Summary(
            edges: edges.count, first: edges.first?.time, last: edges.last?.time,
            shortestPulse: zip(edges, edges.dropFirst()).map { $1.time - $0.time }.min(), shares: shares,
            level: changes.last?.level ?? .floating)
    }
}
