/// A value change dump (IEEE 1364, clause 18), the form in which GTKWave and sigrok read logic traces.
///
/// Each net is a wire; one that had levels between the rails is a real number beside it, in volts. Time is in
/// nanoseconds from the beginning of the recording.
public struct VCDDocument: Sendable {
    private let trace: LogicTrace
    private let supplyVolts: Double

    /// - Parameter supplyVolts: for the voltages of analogue nets.
    public init(_ trace: LogicTrace, supplyVolts: Double = 3.3) {
        self.trace = trace
        self.supplyVolts = supplyVolts
    }

    /// The whole file.
    public var text: String {
        var text = """
            $comment Logic trace of an emulated imp003 $end
            $timescale 1 ns $end
            $scope module imp003 $end

            """
        var variables: [(channel: LogicTrace.Channel, wire: String, real: String?)] = []
        var number = 0
        func identifier() -> String {
            defer { number += 1 }
            return Self.identifier(number)
        }
        for channel in trace.channels {
            let wire = identifier()
            let name = Self.reference(channel.name)
            text += "$var wire 1 \(wire) \(name) $end\n"
            var real: String?
            if channel.isAnalog {
                let made = identifier()
                text += "$var real 64 \(made) \(name)_volts $end\n"
                real = made
            }
            variables.append((channel, wire, real))
        }
        text += "$upscope $end\n$enddefinitions $end\n"
        appendChanges(of: variables, to: &text)
        return text
    }

    private func appendChanges(
        of variables: [(channel: LogicTrace.Channel, wire: String, real: String?)], to text: inout String
    ) {
        var events: [(time: Int64, variable: Int, index: Int)] = []
        for (number, variable) in variables.enumerated() {
            for index in variable.channel.changes.indices {
                let time = variable.channel.changes[index].time.nanoseconds - trace.start.nanoseconds
                events.append((time, number, index))
            }
        }
        events.sort { ($0.time, $0.variable, $0.index) < ($1.time, $1.variable, $1.index) }
        var present: Int64?
        var shown = variables.map { _ in Character("?") }
        for event in events {
            if present != event.time {
                if present == 0 { text += "$end\n" }
                text += "#\(event.time)\n"
                if present == nil { text += "$dumpvars\n" }
                present = event.time
            }
            let (channel, wire, real) = variables[event.variable]
            let change = channel.changes[event.index]
            let value = Self.value(change.level)
            if shown[event.variable] != value {
                shown[event.variable] = value
                text += "\(value)\(wire)\n"
            }
            if let real { text += "r\(Self.volts(change.fraction * supplyVolts)) \(real)\n" }
        }
        if present == 0 { text += "$end\n" }
        let end = trace.end.nanoseconds - trace.start.nanoseconds
        if let last = present, end > last { text += "#\(end)\n" }
    }

    /// What a resistor holds is a level, too: the format has no weak ones.
    private static func value(_ level: LogicLevel) -> Character {
        switch level {
        case .low, .pulledLow: "0"
        case .high, .pulledHigh: "1"
        case .floating: "z"
        case .conflict: "x"
        }
    }

    /// `!`, `"`, … `~`, `!!`, …: printable characters.
    private static func identifier(_ number: Int) -> String {
        var number = number
        var text = ""
        repeat {
            text.unicodeScalars.append(Unicode.Scalar(UInt8(33 + number % 94)))
            number = number / 94 - 1
        } while number >= 0
        return text
    }

    private static func reference(_ name: String) -> String {
        "pin" + String(name.map { $0 == "-" ? "_" : $0 })
    }

    private static func volts(_ volts: Double) -> String {
        let thousandths = Int((volts * 10_000).rounded())
        let digits = String(abs(thousandths) % 10_000)
        return "\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 10_000)."
            + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
