/// What customers get after blessing, as far as a line can see it: it knows no link and no factory calls.
public final class ApplicationFirmware: Firmware {
    private let imp: ImpAPI
    private let console: UARTAPI?
    private let baud: Int
    private var lines = 0

    /// - Parameter console: the port on which it prints a line every five seconds; nil = prints nothing.
    public init(_ interface: ImpInterface, console: UARTName?, baud: Int) {
        imp = interface.imp
        self.console = console.map { interface.hardware.uart($0) }
        self.baud = baud
    }

    public func start() throws {
        guard let console else { return }
        try console.configure(UARTAPI.Settings(baud: baud))
        try chatter()
    }

    private func chatter() throws {
        lines += 1
        try console?.write(Array("application 1.0 running, line \(lines)\r\n".utf8)) { _ in }
        _ = imp.wakeup(after: 5) { [unowned self] in try chatter() }
    }
}

extension FirmwareLibrary {
    /// The factory firmware of this package and an application that prints a line now and then.
    public static let standard = library(applicationPrints: true)
    /// The same with an application that leaves the console silent.
    public static let silentApplication = library(applicationPrints: false)

    private static func library(applicationPrints: Bool) -> FirmwareLibrary {
        FirmwareLibrary(
            factory: { interface in
                FactoryFirmware(
                    interface, console: interface.board.console, baud: interface.consoleBaud,
                    session: interface.randomNumber())
            },
            application: { interface in
                ApplicationFirmware(
                    interface, console: applicationPrints ? interface.board.console : nil,
                    baud: interface.consoleBaud)
            })
    }
}
