import Squirrel

/// Names that fixtures have and an imp003 has not, for fixture firmware.
enum FixtureNames {
    /// Which of the model's ports stands for which of an imp005's: those that share no pin with the box's buttons and
    /// lamps as far as there are any.
    private static let ports: [(name: String, model: String)] = [
        ("uart0", "uartUVGD"), ("uart1", "uartQRPW"), ("uart2", "uartWJ"),
    ]

    /// The box's button and BlinkUp LED by the numbers that they have on boxes with an imp001 or imp002.
    private static let pins: [(name: String, model: String)] = [
        ("pin1", "pinC"), ("pin8", "pinC"), ("pin9", "pinM"),
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
        let present = Dictionary(
            uniqueKeysWithValues: UARTBinding.objects(context) + PinBinding.objects(context))
        extendImp(context)
        return (ports + pins).compactMap { other in present[other.model].map { (other.name, $0) } }
    }
}
