// swift-tools-version: 6.2
import PackageDescription

// A package of its own: whoever builds the programs neither fetches nor builds what measures their parts.
let package = Package(
    name: "micro",
    dependencies: [
        .package(name: "remote-assistance", path: "../.."),
        // Without its traits, which count allocations by replacing the system's functions.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "RelayMicro",
            dependencies: [
                .product(name: "RelayRooms", package: "remote-assistance"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/RelayMicro",
            swiftSettings: [
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)
