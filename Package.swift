// swift-tools-version: 6.1
import PackageDescription

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "blessing-station",
    products: [
        .executable(name: "station", targets: ["station"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Ground floor.
        .target(name: "TimeAndChance"),
        .target(name: "ContentAddress", dependencies: [crypto]),
        .target(
            name: "Imp003", dependencies: ["ContentAddress"],
            resources: [.embedInCode("Resources/regulatory24.txt")]),
        .target(name: "SerialNOR", dependencies: ["TimeAndChance", "ContentAddress"]),
        .target(name: "FactoryLink", dependencies: ["TimeAndChance"]),
        .target(name: "Ledger", dependencies: ["ContentAddress", crypto]),

        // The seam, and what stands behind it without hardware.
        .target(name: "Fixturing", dependencies: ["TimeAndChance", "FactoryLink", "SerialNOR"]),
        .target(name: "NORChipModel", dependencies: ["SerialNOR", "TimeAndChance"]),
        .target(
            name: "ImpEmulator",
            dependencies: [
                "Imp003", "SerialNOR", "NORChipModel", "FactoryLink", "Fixturing", "TimeAndChance",
                "ContentAddress",
            ]),

        // Files, record, procedure.
        .target(
            name: "StationConfig",
            dependencies: ["Imp003", "ContentAddress", .product(name: "Yams", package: "Yams")]),
        .target(
            name: "StationStore",
            dependencies: [
                "Ledger", "TimeAndChance", "ContentAddress", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            resources: [.embedInCode("Migrations")]),
        .target(
            name: "Blessing",
            dependencies: [
                "Imp003", "SerialNOR", "FactoryLink", "Fixturing", "StationConfig", "StationStore",
                "TimeAndChance",
                "ContentAddress", .product(name: "Mustache", package: "swift-mustache"),
            ]),

        // The command line.
        .executableTarget(
            name: "station",
            dependencies: [
                "Blessing", "ImpEmulator", "NORChipModel", "StationConfig", "StationStore", "Ledger",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .testTarget(name: "TimeAndChanceTests", dependencies: ["TimeAndChance"]),
    ]
)
