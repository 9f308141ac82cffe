/// A picture of numbers: the picture as SVG, what it says in words, and the numbers themselves.
public struct Chart: Equatable, Sendable {
    public let title: String
    /// One or two sentences for those who do not see it.
    public let about: String
    /// A whole SVG document without style sheet or script; may stand inside HTML as it is.
    public let svg: String
    public let table: DataTable
}

/// What charts say of themselves; English unless told otherwise.
public struct ChartWords: Sendable {
    public var low = "lower limit"
    public var high = "upper limit"
    public var mean = "mean"
    public var from = "from"
    public var to = "to"
    public var count = "count"
    public var share = "share"
    public var cumulative = "cumulative"
    public var cause = "cause"
    public var value = "value"
    public var order = "no."
    public var slot = "slot"
    public var outlier = "outlier"
    public var passed = "passed"
    public var failed = "failed"
    public var time = "time"
    public var nothing = "No data"

    public init() {}
}

/// An axis from numbers to places on the picture.
struct Scale {
    let low: Double
    let high: Double
    let start: Double
    let end: Double

    func callAsFunction(_ value: Double) -> Double {
        high > low ? start + (value - low) / (high - low) * (end - start) : (start + end) / 2
    }
}
