// swift-tools-version: 6.1
import PackageDescription

/// Rooms that move millions of bytes bit by bit are optimised in debug builds as well: without it the demo line and
/// the property tests take ten times as long, and nobody steps through a flash chip's inner loop.
let hot: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "blessing-station",
    products: [
        .executable(name: "station", targets: ["station"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.9.0"),
    ],
    targets: [
        // Ground floor.
        .target(name: "TimeAndChance"),
        .target(name: "Wording"),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CTimex"),
        .systemLibrary(name: "CSyncFS"),
        .systemLibrary(name: "CLibX509", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "ContentAddress", dependencies: ["CLibCrypto"], swiftSettings: hot),
        .target(
            name: "Imp003", dependencies: ["ContentAddress"],
            resources: [.embedInCode("Resources/regulatory24.txt")]),
        .target(name: "SerialNOR", dependencies: ["TimeAndChance", "ContentAddress"], swiftSettings: hot),
        .target(name: "FactoryLink", dependencies: ["TimeAndChance"], swiftSettings: hot),
        .systemLibrary(name: "CLibDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .target(
            name: "Ledger", dependencies: ["ContentAddress", "CLibCrypto", "CLibDeflate"], swiftSettings: hot),

        .target(name: "Squirrel", swiftSettings: hot),

        // The seam, and what stands behind it without hardware.
        .target(name: "Fixturing", dependencies: ["TimeAndChance", "FactoryLink", "SerialNOR"]),
        .target(name: "NORChipModel", dependencies: ["SerialNOR", "TimeAndChance"], swiftSettings: hot),
        .target(
            name: "ImpEmulator",
            dependencies: [
                "Imp003", "SerialNOR", "NORChipModel", "FactoryLink", "Fixturing", "TimeAndChance",
                "ContentAddress", "Squirrel",
            ],
            exclude: ["Firmware/README.md", "Firmware/libraries/README.md", "Firmware/boards"],
            resources: [
                .embedInCode("Firmware/factory.device.nut"), .embedInCode("Firmware/application.device.nut"),
                .embedInCode("Firmware/factory.agent.nut"), .embedInCode("Firmware/fixture.device.nut"),
                .embedInCode("Firmware/fixture.agent.nut"), .embedInCode("Firmware/conformance"),
                .embedInCode("Firmware/libraries/CBOR.lib.nut"),
                .embedInCode("Firmware/libraries/FactoryLink.lib.nut"),
            ],
            swiftSettings: hot),

        // Fixtures on USB: real ones through libusb, and one made of software.
        .systemLibrary(
            name: "CLibUSB", pkgConfig: "libusb-1.0", providers: [.apt(["libusb-1.0-0-dev"])]),
        .target(name: "USBTransport", dependencies: ["TimeAndChance"], swiftSettings: hot),
        .target(
            name: "USBFixture",
            dependencies: [
                "CLibUSB", "USBTransport", "Fixturing", "FactoryLink", "SerialNOR", "TimeAndChance",
            ], swiftSettings: hot),
        .target(
            name: "VirtualUSB", dependencies: ["USBTransport", "NORChipModel", "TimeAndChance"],
            swiftSettings: hot),
        // The emulated module in the virtual fixture's nest.
        .target(
            name: "VirtualSlot", dependencies: ["VirtualUSB", "ImpEmulator", "Fixturing", "TimeAndChance"]),

        // Files, record, procedure.
        .target(
            name: "StationConfig",
            dependencies: [
                "Imp003", "ContentAddress", "Ledger", "TimeAndChance", "Wording",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "StationStore",
            dependencies: [
                "Ledger", "TimeAndChance", "ContentAddress", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            resources: [.embedInCode("Migrations")]),
        .target(
            name: "Audit",
            dependencies: [
                "StationStore", "Ledger", "Wording", "ContentAddress", "TimeAndChance", "CSyncFS",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        // Users, sessions, tokens: a file of their own beside the record.
        .target(
            name: "People",
            dependencies: [
                "StationStore", "TimeAndChance", "ContentAddress", "CLibCrypto",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            resources: [.embedInCode("Migrations")]),
        // Many stations on one database, over the PostgreSQL protocol.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "Plant",
            dependencies: [
                "CLibPQ", "Audit", "StationStore", "Ledger", "TimeAndChance", "ContentAddress",
            ],
            resources: [.embedInCode("PlantMigrations")], swiftSettings: hot),
        .target(
            name: "Blessing",
            dependencies: [
                "Imp003", "SerialNOR", "FactoryLink", "Fixturing", "StationConfig", "StationStore", "Ledger",
                "TimeAndChance",
                "ContentAddress", .product(name: "Mustache", package: "swift-mustache"),
            ]),

        // What people see: numbers, pictures of numbers, pages.
        .target(name: "Statistics"),
        .target(name: "Charts", dependencies: ["Statistics", "Wording"]),
        .target(
            name: "StationPages",
            dependencies: [
                "Blessing", "Charts", "Statistics", "Audit", "StationStore", "StationConfig",
                "ContentAddress",
                "Ledger", "Imp003",
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Templates"), .embedInCode("Assets"), .embedInCode("Languages")]),

        // What the emulated module does, judged by the notes of its release.
        .target(name: "Conformance", dependencies: ["ImpEmulator", "StationConfig"]),

        // TLS by the system's OpenSSL: swift-nio-ssl would bring a second one, and minutes to every build.
        .systemLibrary(name: "CLibSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        // The line as a service: slots for people and machines, over HTTP.
        .target(
            name: "StationService",
            dependencies: [
                "StationPages", "People", "Blessing", "Audit", "StationStore", "StationConfig", "Ledger",
                "Fixturing",
                "TimeAndChance", "ContentAddress", "Wording", "CLibCrypto", "CLibSSL",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),

        // The command line.
        .executableTarget(
            name: "station",
            dependencies: [
                "Audit", "Blessing", "CLibX509", "CTimex", "Conformance", "Wording", "ImpEmulator",
                "NORChipModel", "People", "Plant", "StationConfig",
                "StationService", "StationStore", "Ledger", "Squirrel", "USBFixture", "USBTransport",
                "VirtualSlot",
                "VirtualUSB",
                "Fixturing", "TimeAndChance",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // The figures of docs/performance.md.
        .executableTarget(
            name: "station-bench",
            dependencies: [
                "Audit", "Blessing", "ImpEmulator", "Imp003", "NORChipModel", "SerialNOR", "StationConfig",
                "StationStore", "StationService", "Ledger",
                "ContentAddress", "Fixturing", "TimeAndChance", "USBFixture", "USBTransport", "VirtualUSB",
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        .executableTarget(
            name: "squirrel-bench", dependencies: ["Squirrel"], resources: [.embedInCode("Programs")]),

        // The station's side of `make usb-test`, run inside a guest with a real USB stack.
        .executableTarget(
            name: "usb-guest",
            dependencies: [
                "USBFixture", "USBTransport", "VirtualUSB", "NORChipModel", "SerialNOR", "Fixturing",
                "FactoryLink", "TimeAndChance",
            ]),

        // Helpers that the tests start and kill.
        .executableTarget(
            name: "record-crash", dependencies: ["StationStore"], path: "Tests/Helpers/record-crash"),

        .testTarget(name: "TimeAndChanceTests", dependencies: ["TimeAndChance"]),
        .testTarget(name: "Imp003Tests", dependencies: ["Imp003", "ContentAddress", "TimeAndChance"]),
        .testTarget(name: "FactoryLinkTests", dependencies: ["FactoryLink", "TimeAndChance"]),
        .testTarget(
            name: "SerialNORTests",
            dependencies: ["SerialNOR", "NORChipModel", "TimeAndChance", "ContentAddress"]),
        .testTarget(name: "NORChipModelTests", dependencies: ["NORChipModel", "SerialNOR", "TimeAndChance"]),
        .testTarget(
            name: "ImpEmulatorTests",
            dependencies: [
                "ImpEmulator", "Conformance", "FactoryLink", "Fixturing", "Imp003", "NORChipModel",
                "SerialNOR",
                "Squirrel", "StationConfig", "TimeAndChance",
            ]),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger", "ContentAddress", "TimeAndChance"]),
        .testTarget(
            name: "StationStoreTests",
            dependencies: ["StationStore", "Ledger", "ContentAddress", "TimeAndChance", "record-crash"],
            exclude: ["Released"]),
        .testTarget(
            name: "StationConfigTests",
            dependencies: [
                "StationConfig", "Imp003", "ContentAddress", "Ledger", "TimeAndChance", "Wording",
                .product(name: "Yams", package: "Yams"),
            ]),
        .testTarget(
            name: "AuditTests",
            dependencies: ["Audit", "StationStore", "Ledger", "ContentAddress", "TimeAndChance"]),
        .target(name: "FaultyWire", path: "Tests/Helpers/FaultyWire"),
        .executableTarget(
            name: "plant-test",
            dependencies: [
                "Plant", "FaultyWire", "StationStore", "Ledger", "ContentAddress", "TimeAndChance",
            ],
            path: "Tests/Helpers/plant-test"),
        .testTarget(
            name: "PlantTests",
            dependencies: [
                "Plant", "FaultyWire", "Audit", "StationStore", "Ledger", "ContentAddress", "TimeAndChance",
            ]),
        .testTarget(
            name: "PeopleTests",
            dependencies: [
                "People", "StationStore", "Ledger", "TimeAndChance",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "BlessingTests",
            dependencies: [
                "Blessing", "ImpEmulator", "Imp003", "StationConfig", "StationStore", "Ledger", "Fixturing",
                "SerialNOR",
                "TimeAndChance",
            ]),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "TimeAndChance"]),
        .testTarget(name: "ChartsTests", dependencies: ["Charts", "Statistics"]),
        .testTarget(
            name: "StationPagesTests",
            dependencies: [
                "StationPages", "Charts", "Statistics", "Audit", "StationStore", "StationConfig", "Blessing",
                "ImpEmulator", "Imp003", "Fixturing", "Ledger", "TimeAndChance",
            ]),
        .testTarget(name: "BrowserTests", dependencies: ["station"]),
        .testTarget(
            name: "USBFixtureTests",
            dependencies: [
                "USBFixture", "USBTransport", "VirtualUSB", "NORChipModel", "Fixturing", "FactoryLink",
                "SerialNOR",
                "TimeAndChance", "usb-guest",
            ]),
        .testTarget(
            name: "VirtualUSBTests",
            dependencies: ["VirtualUSB", "NORChipModel", "USBTransport", "TimeAndChance"]),
        .testTarget(
            name: "VirtualSlotTests",
            dependencies: [
                "VirtualSlot", "VirtualUSB", "USBFixture", "USBTransport", "ImpEmulator", "Blessing",
                "Imp003",
                "StationConfig", "StationStore", "Ledger", "Fixturing", "FactoryLink", "SerialNOR",
                "NORChipModel",
                "TimeAndChance",
            ]),
        .testTarget(
            name: "SquirrelTests", dependencies: ["Squirrel", "TimeAndChance"], resources: [.copy("Programs")]
        ),
        .testTarget(
            name: "StationServiceTests",
            dependencies: [
                "StationService", "StationPages", "People", "Blessing", "ImpEmulator", "Imp003", "Fixturing",
                "StationConfig", "StationStore", "Ledger", "TimeAndChance",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .testTarget(
            name: "StationTests",
            dependencies: [
                "station", "Blessing", "Imp003", "StationConfig", "USBFixture", "USBTransport", "VirtualSlot",
                "VirtualUSB", "ImpEmulator", "Fixturing", "TimeAndChance",
            ]),
    ]
)
