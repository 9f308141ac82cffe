import Squirrel

/// Names that an imp005 has and an imp003 has not, for fixture firmware.
enum FixtureNames {
    /// Which of the model's ports stands for which of an imp005's: those that share no pin with the box's buttons and
    /// lamps as far as there are any.
    private static let ports: [(name: String, model: String)] = [
        ("uart0", "uartUVGD"), ("uart1", "uartQRPW"), ("uart2", "uartWJ"),
    ]

    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        guard context.module.kind == .imp005 else { return [] }
        let present = Dictionary(uniqueKeysWithValues: UARTBinding.objects(context))
        return ports.compactMap { port in present[port.model].map { (port.name, $0) } }
    }
}
