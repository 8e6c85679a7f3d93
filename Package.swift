// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with; warnings are errors wherever it is built.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "remote-assistance",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        .target(name: "NetPrimitives", swiftSettings: settings),
        .target(name: "STUN", dependencies: ["NetPrimitives", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: settings),

        .testTarget(name: "NetPrimitivesTests", dependencies: ["NetPrimitives"], swiftSettings: settings),
        .testTarget(name: "STUNTests", dependencies: ["STUN", "NetPrimitives"], swiftSettings: settings),
    ]
)
