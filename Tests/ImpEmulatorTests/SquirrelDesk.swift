import Testing

@testable import ImpEmulator

extension Desk {
    /// A unit whose factory firmware is this program, with its first turn done.
    convenience init(
        program source: String, application: DeviceProgram = .silence, faults: String = "",
        _ adjust: (inout LineSetup) -> Void = { _ in }
    ) throws {
        let program = try DeviceProgram(name: "t.nut", source: Array(source.utf8))
        try self.init(faults: faults) {
            $0.firmware = .squirrel(factory: program, application: application)
            adjust(&$0)
        }
        try runFactoryFirmware()
        run(.milliseconds(1))
    }

    /// What the program logged, and what impOS said about it.
    var log: [String] { bench.module?.log ?? [] }
}
