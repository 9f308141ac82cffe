import TimeAndChance

/// One thing that is wrong with a unit, its seat or its surroundings, and when.
///
/// As text: `name[:parameter]` and any of `@time`, `%probability`, `#units`, `^seatings` behind it, in any order:
/// `uart-noise:0.001`, `brown-out@5.2s`, `short%0.02`, `cold-joint:i2c#3-5`, `uart-silent#7^1`.
public struct Fault: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong; `FaultTable` tells what each one does.
    public enum Kind: Sendable, Equatable {
        case noPower
        case short
        case extraCurrent(milliamperes: Double)
        case stuckPin(PinName, high: Bool)
        case coldJoint(Joint)
        case sensorOffset(degrees: Double)
        case badSector(address: Int)
        case flashProtected
        case flash20hErases64K
        case flashAbsent
        case weakAntenna(decibels: Double)
        case uartNoise(byteErrorRate: Double)
        case uartSilent
        case uartBabble
        case wrongUnitAnswers
        case regionIgnored
        case brownOut
        case brownOutInErase
        case moduleRestart
        case cloudRefuses
        case cloudSilent
        case cloudLosesAnswer
        case usbUnplug(Duration?)
        case routerBlocks(port: Int)
        case captiveDNS(Duration?)
        case htmlDNS(Duration?)
        case noDHCP(Duration?)
        case noDNS(Duration?)
        case serverDown(Duration?)
        case dropAcks(share: Double)
        case slowFrames(Duration)
        case wifiCrash
    }

    /// What is wrong.
    public var kind: Kind
    /// How long after the first power-on in the slot; nil = from the start.
    public var at: Duration?
    /// The chance that a unit has it, 0 to 1; drawn once per unit from its own seed.
    public var probability: Double
    /// Which units by ordinal; nil = all.
    public var units: ClosedRange<Int>?
    /// Present only in so many seatings, the first ones: what pressing the unit in again cures; nil = always.
    public var seatings: Int?

    public init(
        _ kind: Kind, at: Duration? = nil, probability: Double = 1, units: ClosedRange<Int>? = nil,
        seatings: Int? = nil
    ) {
        self.kind = kind
        self.at = at
        self.probability = probability
        self.units = units
        self.seatings = seatings
    }

    /// Whether it can hit this unit at all.
    func concerns(ordinal: Int) -> Bool {
        units?.contains(ordinal) ?? true
    }

    /// The text from which the same fault would be parsed.
    public var description: String {
        var text = FaultTable.text(of: kind)
        if let at { text += "@\(at.wholeNanoseconds / 1_000_000)ms" }
        if probability < 1 { text += "%\(probability)" }
        if let units {
            text += units.count == 1 ? "#\(units.lowerBound)" : "#\(units.lowerBound)-\(units.upperBound)"
        }
        if let seatings { text += "^\(seatings)" }
        return text
    }
}

/// Solder joints that can be open.
public enum Joint: String, Sendable, Codable, CaseIterable {
    case i2c, adc, gpio, button, led
}

/// All faults of a line, from one text.
public struct FaultPlan: Sendable, Equatable, CustomStringConvertible {
    /// In the order of the text, which is also part of the dice.
    public var faults: [Fault]

    /// A line without faults.
    public static let none = FaultPlan(faults: [])

    public init(faults: [Fault]) {
        self.faults = faults
    }

    /// - Parameter text: faults separated by commas; blanks around them do not count; an empty text is no fault.
    public init(parsing text: String) throws(FaultError) {
        var faults: [Fault] = []
        for part in text.split(separator: ",") {
            let word = part.trimmed
            if !word.isEmpty { faults.append(try Fault(parsing: word)) }
        }
        self.faults = faults
    }

    /// The faults that a unit really has: the dice are thrown once per unit and fault.
    func faults(forUnit ordinal: Int, seed: UInt64) -> [Fault] {
        faults.enumerated().compactMap { index, fault in
            guard fault.concerns(ordinal: ordinal) else { return nil }
            var dice = SeededGenerator.derived(
                from: seed, label: "fault \(index) \(FaultTable.name(of: fault.kind))", index: UInt64(ordinal)
            )
            guard dice.happens(withProbability: fault.probability) else { return nil }
            var certain = fault
            certain.probability = 1
            certain.units = nil
            return certain
        }
    }

    public var description: String {
        faults.map(\.description).joined(separator: ", ")
    }
}

/// What is wrong with the text of a fault.
public enum FaultError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(name: String)
    case parameterMissing(fault: String, allowed: String)
    case parameterNotAllowed(fault: String, found: String, allowed: String)
    case badSuffix(fault: String, suffix: String, found: String, allowed: String)

    public var description: String {
        switch self {
        case .unknown(let name):
            let names = FaultTable.rows.map(\.name).joined(separator: ", ")
            return "There is no fault called “\(name)”. Allowed are: \(names)."
        case .parameterMissing(let fault, let allowed):
            return "The fault “\(fault)” needs a parameter behind a colon: \(allowed)."
        case .parameterNotAllowed(let fault, let found, let allowed):
            return "The fault “\(fault)” can't take “\(found)”. Allowed: \(allowed)."
        case .badSuffix(let fault, let suffix, let found, let allowed):
            return "In “\(fault)”, “\(suffix)” is followed by “\(found)”. Allowed: \(allowed)."
        }
    }
}

extension StringProtocol {
    /// Without blanks and tabs at either end.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }
}
