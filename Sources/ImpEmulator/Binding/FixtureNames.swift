import Squirrel

/// Names that an imp005 has and an imp003 has not, for fixture firmware.
enum FixtureNames {
    /// Which of the model's ports stands for which of an imp005's: those that share no pin with the box's buttons and
    /// lamps as far as there are any.
    private static let ports: [(name: String, model: String)] = [
        ("uart0", "uartUVGD"), ("uart1", "uartQRPW"), ("uart2", "uartWJ"),
    ]

    /// `imp.info()` of the later releases that an imp005 runs, by which firmware for both asks where it is.
    private static func extendImp(_ context: DeviceContext) {
        let vm = context.vm
        guard let imp = vm.root["imp"]?.objectValue else { return }
        imp["info"] = .object(
            vm.makeFunction("info", parameters: .exactly(0)) { [unowned vm] _ in
                .object(vm.makeTable([("type", .text(ModuleKind.imp005.rawValue))]))
            })
    }

    static func objects(_ context: DeviceContext) -> [(String, SquirrelObject)] {
        guard context.module.kind == .imp005 else { return [] }
        let present = Dictionary(uniqueKeysWithValues: UARTBinding.objects(context))
        extendImp(context)
        return ports.compactMap { port in present[port.model].map { (port.name, $0) } }
    }
}
