import Imp003

/// Runs cases; compiles each program once.
public struct ConformanceRun: Sendable {
    private let programs: [RowID: (program: DeviceProgram, application: DeviceProgram?)]

    /// - Throws: when a program can't be compiled.
    public init() throws {
        var programs: [RowID: (program: DeviceProgram, application: DeviceProgram?)] = [:]
        for item in ConformanceCase.all {
            let setup = Self.setup(for: item, broken: [])
            programs[item.row] = (try Self.compile(item.program), try setup.application.map(Self.compile))
        }
        self.programs = programs
    }

    private static func compile(_ program: ConformanceProgram) throws -> DeviceProgram {
        try DeviceProgram(name: program.name + ".nut", source: program.source)
    }

    private static func setup(for item: ConformanceCase, broken: Set<RowID>) -> ConformanceSetup {
        var setup = ConformanceSetup.standard(board: .conformance)
        item.prepare(&setup)
        setup.line.release.broken = broken
        return setup
    }

    /// Measures one row.
    /// - Parameter broken: behaviours that are undone meanwhile.
    public func measure(_ item: ConformanceCase, broken: Set<RowID> = []) -> ConformanceResult {
        var result = ConformanceResult(row: item.row, title: item.title, readings: [])
        var setup = Self.setup(for: item, broken: broken)
        guard let (program, application) = programs[item.row] else {
            result.trouble = "there is no program for it"
            return result
        }
        setup.line.firmware = .squirrel(factory: program, application: application ?? program)
        do {
            if let agent = setup.agent {
                setup.line.firmware.agents[.factory] = try .agent(
                    name: agent.name + ".nut", source: agent.source)
            }
            result.readings = try item.measure(ConformanceBench(setup)).compactMap { $0 }
        } catch {
            result.trouble = "\(error)"
        }
        return result
    }

    /// Measures every row, in the table's order.
    public func measureAll(broken: Set<RowID> = []) -> [ConformanceResult] {
        ConformanceCase.all.map { measure($0, broken: broken) }
    }
}

extension ConformanceSetup {
    /// A unit that knows its network and has been enrolled; its radio's firmware is short, to start soon.
    static func standard(board: ProductBoard) -> ConformanceSetup {
        var line = LineSetup(units: 1, chipPart: "GD25Q40", board: board)
        line.release.wifiFirmwareBytes = 4096
        var config = ModuleConfig()
        config.wifi = ModuleConfig.WiFi(ssid: "factory-floor", password: "blessed-be-the-line")
        config.enrolment = ModuleConfig.Enrolment(planID: "", token: "factory")
        config.code = .factory
        return ConformanceSetup(line: line, config: config)
    }
}

extension ProductBoard {
    /// A bare module, its console wired to the fixture, with pull-ups on i2cAB and an accelerometer there. No value
    /// scatters.
    static let conformance: ProductBoard = {
        var board = ProductBoard(
            name: "conformance board", console: .qrpw,
            elements: [
                .pull(pin: .a, high: true, kiloohms: 4.7), .pull(pin: .b, high: true, kiloohms: 4.7),
                .registers(.accelerometer),
            ])
        board.supply = Spread(3.3, sigma: 0)
        board.antenna = Spread(0, sigma: 0)
        return board
    }()
}
