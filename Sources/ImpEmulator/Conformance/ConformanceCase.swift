import Imp003

/// The measurement of one row of the release notes: a Squirrel program on an emulated module, and what is looked at
/// from outside while it runs.
///
/// A case measures; the limits stand in the plan.
public struct ConformanceCase: Sendable {
    /// Which row.
    public let row: RowID
    /// What the row says, in a few words.
    public let title: String
    /// The program on the module, by the name of its file without `.nut`.
    let program: ConformanceProgram
    /// Made ready before the module gets power.
    let prepare: @Sendable (inout ConformanceSetup) -> Void
    /// Runs the module and looks.
    let measure: @Sendable (ConformanceBench) throws -> [ConformanceReading?]

    init(
        _ row: RowID, _ title: String, program: ConformanceProgram,
        prepare: @escaping @Sendable (inout ConformanceSetup) -> Void = { _ in },
        measure: @escaping @Sendable (ConformanceBench) throws -> [ConformanceReading?]
    ) {
        self.row = row
        self.title = title
        self.program = program
        self.prepare = prepare
        self.measure = measure
    }

    /// Every case, in the table's order. R41 repeats R14, and R42 is about other modules: they have none.
    public static let all = (hardware + pulses + system + language + statements + network).sorted {
        $0.row < $1.row
    }
}

/// The Squirrel behind a case.
struct ConformanceProgram: Sendable {
    /// Its file's name without `.nut`.
    var name: String
    var source: [UInt8]

    init(_ name: String, _ source: [UInt8]) {
        self.name = name
        self.source = source
    }

    /// A case that needs no program of its own.
    static let none = ConformanceProgram("none", [])
}

/// What a case starts from: a unit that has its network settings and its program.
struct ConformanceSetup {
    /// Release, board, surroundings.
    var line: LineSetup
    /// What its configuration pages hold.
    var config: ModuleConfig
    /// Its flash chip.
    var chipPart = "GD25Q40"
    /// What is wrong with it.
    var faults: [Fault] = []
    /// The program of the production group, by default the same.
    var application: ConformanceProgram?
    /// The program's agent, if it has one.
    var agent: ConformanceProgram?
}

/// One measured value.
public struct ConformanceReading: Sendable, Equatable {
    /// What a value is.
    public enum Value: Sendable, Equatable {
        case number(Double)
        case text(String)
        case bool(Bool)
    }

    /// As in the plan.
    public var name: String
    public var value: Value
    /// Empty for counts and texts.
    public var unit: String

    /// - Returns: nil when there is no value: a missing reading fails.
    static func number(_ name: String, _ value: Double?, unit: String = "") -> ConformanceReading? {
        value.map { ConformanceReading(name: name, value: .number($0), unit: unit) }
    }

    static func number(_ name: String, _ value: Int?, unit: String = "") -> ConformanceReading? {
        number(name, value.map(Double.init), unit: unit)
    }

    static func text(_ name: String, _ value: String?) -> ConformanceReading? {
        value.map { ConformanceReading(name: name, value: .text($0), unit: "") }
    }

    static func bool(_ name: String, _ value: Bool?) -> ConformanceReading? {
        value.map { ConformanceReading(name: name, value: .bool($0), unit: "") }
    }
}

/// What came of one case.
public struct ConformanceResult: Sendable, Equatable {
    public var row: RowID
    public var title: String
    /// What was measured.
    public var readings: [ConformanceReading]
    /// Why it could not be measured to the end.
    public var trouble: String?
}
