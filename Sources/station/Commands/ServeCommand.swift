import ArgumentParser
import Blessing
import Foundation
import StationConfig
import StationService

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the station as a service: slots for people at a browser, and for machines over HTTP.",
        usage: "station serve [--listen <host:port>] [--order <order> …] [<options>]",
        discussion: """
            The address to open is printed first. The first start prints a one-time code with which the first administrator is \
            made. Without TLS the service listens on this machine only. docs/deploy.md tells of systemd, TLS, users and webhooks. \
            Where a plant is named (--plant, --service, BLESSING_PLANT) the record is sent to it all the time.

            Ctrl-C or SIGTERM once: units that were changed already are finished, the others are stopped with their power off. \
            Twice: all are stopped safely now.
            """)

    @OptionGroup var options: FolderOptions

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen = "127.0.0.1:8720"

    @Option(help: ArgumentHelp("Certificate chain, PEM.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The certificate's key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Let other machines in without TLS: badges and PINs travel in the clear.")
    var insecureBeyondLoopback = false

    @Option(help: ArgumentHelp("A host name under which browsers reach the station.", valueName: "host"))
    var name: [String] = []

    @Flag(help: "Let people look at the line and the record without signing in.")
    var guests = false

    @Option(help: ArgumentHelp("Open this work order at once.", valueName: "order"))
    var order: [String] = []

    @Option(help: "How units of these orders start: scan (a person starts each) or automatic.")
    var mode = "scan"

    @Flag(help: "End when these orders are done.")
    var untilDone = false

    @Option(help: ArgumentHelp("Time for units in work when the service is stopped.", valueName: "s"))
    var parking = 30

    @Option(help: ArgumentHelp("Alarm when fewer of the last 20 units pass, in %.", valueName: "%"))
    var yieldFloor = 60.0

    @OptionGroup(title: "Plant") var plant: PlantOptions

    @OptionGroup var arriving: ArrivingUnits

    @Option(
        help: ArgumentHelp(
            "Emulated slots: how many times faster than real time; 0 is as fast as possible.", valueName: "x")
    )
    var pace: Double = 1

    func validate() throws {
        guard ListenAddress(listen) != nil else {
            throw ValidationError("--listen takes an address such as 127.0.0.1:8720, found \(listen).")
        }
        guard DeskMode(rawValue: mode) != nil else {
            throw ValidationError("--mode is scan or automatic, found \(mode).")
        }
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together.")
        }
        if !(pace >= 0 && pace <= 100_000) {
            throw ValidationError("--pace must be 0 to 100000, found \(pace).")
        }
        if !(0...600).contains(parking) {
            throw ValidationError("--parking must be 0 to 600 seconds, found \(parking).")
        }
        if !(yieldFloor >= 0 && yieldFloor <= 100) {
            throw ValidationError("--yield-floor must be 0 to 100 %, found \(yieldFloor).")
        }
        if untilDone, order.isEmpty { throw ValidationError("--until-done needs an --order.") }
    }

    func run() async throws {
        let folder = try options.load()
        let paths = options.paths(in: folder)
        var settings = ServiceSettings(
            home: (paths.database as NSString).deletingLastPathComponent, program: Program.name)
        settings.listen = ListenAddress(listen) ?? .loopback
        if let tlsCertificate, let tlsKey {
            settings.tls = TLSFiles(certificate: tlsCertificate, key: tlsKey)
        }
        settings.insecureBeyondLoopback = insecureBeyondLoopback
        settings.names = name
        settings.guests = guests
        settings.archive = options.archive
        settings.parking = .seconds(parking)
        settings.yieldFloor = yieldFloor / 100
        settings.untilDone = untilDone
        let way = DeskMode(rawValue: mode) ?? .scan
        let orders = try order.map { (id: try folder.chosenOrder($0).id, mode: way) }
        try await ServeSession(
            folder: folder, paths: paths, settings: settings,
            wishes: EmulationWishes(arriving: arriving, pace: pace), plant: plant, orders: orders,
            reload: { place in
                StationFolder.load(at: place, regulatory: try Regulatory.database(), emulator: .ours)
            }
        ).run()
    }
}
