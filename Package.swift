// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "blessing-station",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .target(name: "TimeAndChance"),
        .target(name: "ContentAddress", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
        .testTarget(name: "TimeAndChanceTests", dependencies: ["TimeAndChance"]),
    ]
)
