// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with; warnings are errors wherever it is built.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A room of the house: what it may import is what stands here, and nothing else.
func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], more: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings + more)
}

/// The simulated internet drives these machines for hours of virtual time: they are optimised in debug builds as well.
let alwaysFast: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A room of machines that the simulated internet drives.
func machines(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    room(name, dependencies, more: alwaysFast)
}

/// Swift's own libraries go into the release programs, so that what is tested is what is packaged, and runs where there is
/// no Swift. The last four are Foundation's inner archives: objects compiled against the shared library do not name them.
/// The linker is the toolchain's own: the default one speaks of Foundation's `mktemp` at each program.
let carriesSwift: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-static-stdlib",
            "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims", "-l_FoundationCollections",
        ],
        .when(configuration: .release))
]

/// The same for what reads XML (`Incident`): FoundationXML's inner archive, and the system's libxml2 under it.
let carriesXML: [LinkerSetting] = [.unsafeFlags(["-l_CFXMLInterface", "-lxml2"], .when(configuration: .release))]

/// A program: arguments, printing and exit codes around a service.
func program(_ name: String, _ dependencies: [Target.Dependency], carries more: [LinkerSetting] = []) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + [arguments], swiftSettings: settings, linkerSettings: carriesSwift + more)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], more: [SwiftSetting] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings + more)
}

/// A C library of the system, and the Debian packages that bring it.
func system(_ name: String, _ pkgConfig: String?, _ packages: String...) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt(packages)])
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
]

let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let extras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let certificates: [Target.Dependency] = [
    .product(name: "X509", package: "swift-certificates"),
    .product(name: "SwiftASN1", package: "swift-asn1"),
    .product(name: "Crypto", package: "swift-crypto"),
]

let package = Package(
    name: "remote-assistance",
    products: [
        .executable(name: "ra-relay", targets: ["ra-relay"]),
        .executable(name: "ra-connect", targets: ["ra-connect"]),
        .executable(name: "ra-probe", targets: ["ra-probe"]),
        // For Benchmarks/Micro, a package of its own.
        .library(name: "RelayRooms", targets: ["Relay", "TURN", "STUN", "NetPrimitives"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // The system's libraries.
        system("COpenSSL", "openssl", "libssl-dev"),
        system("CUSRSCTP", nil, "libusrsctp-dev"),
        system("CSodium", "libsodium", "libsodium-dev"),
        system("CVPX", "vpx", "libvpx-dev"),
        system("CPNG", "libpng", "libpng-dev"),
        system(
            "CXCB", "xcb", "libxcb1-dev", "libxcb-shm0-dev", "libxcb-damage0-dev", "libxcb-randr0-dev",
            "libxcb-xfixes0-dev", "libxcb-xinput-dev", "libxcb-xtest0-dev"),
        system("CCairo", "cairo", "libcairo2-dev"),
        system("CMiniUPnPc", "miniupnpc", "libminiupnpc-dev"),
        system("CNATPMP", nil, "libnatpmp-dev"),
        system("CPostgres", "libpq", "libpq-dev"),
        system("CCurl", "libcurl", "libcurl4-openssl-dev"),
        // What sd-bus' own headers include stays behind this one's: it is no business of Swift's.
        .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),
        // The same holds for Pango's, which bring GLib's. What pkg-config says of it holds -pthread, which SwiftPM warns of.
        .target(
            name: "CTypesetting", dependencies: ["CCairo"],
            cSettings: [.unsafeFlags(["-I/usr/include/pango-1.0", "-I/usr/include/harfbuzz"])],
            linkerSettings: ["pangocairo-1.0", "pango-1.0", "gobject-2.0"].map { .linkedLibrary($0) }),
        system("CLinuxNet", nil),

        // The protocol rooms: machines without sockets, clocks or tasks.
        machines("NetPrimitives"),
        machines("STUN", ["NetPrimitives", .product(name: "Crypto", package: "swift-crypto")]),
        machines("TURN", ["STUN", "NetPrimitives"]),
        machines("Relay", ["TURN", "STUN", "NetPrimitives", .product(name: "Crypto", package: "swift-crypto")]),
        machines("ICE", ["STUN", "NetPrimitives"]),
        machines("Rendezvous", ["NetPrimitives", "CSodium"]),
        room("Policy", ["NetPrimitives", "Rendezvous", .product(name: "TOMLKit", package: "TOMLKit")]),
        room("DTLS", ["NetPrimitives", "COpenSSL"]),
        room("Incident", ["COpenSSL"]),
        room("Mail"),
        room("SCTP", ["NetPrimitives", "CUSRSCTP"]),
        room("Session", ["NetPrimitives"]),
        room("ScreenCodec", ["NetPrimitives", "CVPX", "CPNG"]),

        // What touches the machine it runs on.
        room("HostNetwork", ["NetPrimitives"]),
        room("Desktop", ["ScreenCodec", "CXCB", "CTypesetting"]),
        room("PortMapping", ["NetPrimitives", "CMiniUPnPc", "CNATPMP", "CLinuxNet"]),
        room("NIOTransport", ["NetPrimitives"] + nio),
        room(
            "Web",
            resources: [
                "connection.js", "frame.js", "index.html", "keyboard.js", "keysyms.js", "pointer.js", "questions.js", "screen.js",
                "sentences.js", "viewer.css", "viewer.js",
            ].map { .embedInCode("viewer/\($0)") }),
        room(
            "ConnectService",
            [
                "NetPrimitives", "HostNetwork", "STUN", "TURN", "ICE", "PortMapping", "Rendezvous", "Policy", "Incident", "Mail", "DTLS",
                "SCTP", "Session", "ScreenCodec", "Desktop", "CCurl", "CSystemd", "NIOTransport", "Web", logging, tls, extras,
                .product(name: "TOMLKit", package: "TOMLKit"),
            ] + nio + certificates),
        room(
            "RelayService",
            [
                "NetPrimitives", "HostNetwork", "STUN", "TURN", "Relay", "Rendezvous", "DTLS", "NIOTransport", "CLinuxNet", "CPostgres",
                logging, .product(name: "GRDB", package: "GRDB.swift"), .product(name: "TOMLKit", package: "TOMLKit"), tls,
            ] + nio + certificates),

        room("ProgramSupport", ["NetPrimitives", arguments]),
        program("ra-relay", ["RelayService", "ProgramSupport", "Rendezvous", "NetPrimitives", logging]),
        program("ra-connect", ["ConnectService", "ProgramSupport", "Rendezvous", "Policy", "Incident", "Mail", "Session"], carries: carriesXML),
        program("ra-probe", ["ConnectService", "ProgramSupport", "Rendezvous"], carries: carriesXML),

        // The load of `make bench-relay`; no product.
        .executableTarget(
            name: "RelayLoad",
            dependencies: ["TURN", "STUN", "NetPrimitives", "HostNetwork", "CLinuxNet", "COpenSSL", arguments],
            path: "Benchmarks/RelayLoad", swiftSettings: settings),

        // The load of Benchmarks/bench-rendezvous; no product.
        .executableTarget(
            name: "RendezvousLoad", dependencies: ["Rendezvous", "NetPrimitives", "HostNetwork", arguments] + nio,
            path: "Benchmarks/RendezvousLoad", swiftSettings: settings),

        // The fleet of Benchmarks/fleet; no product.
        .executableTarget(
            name: "FleetSimulation", dependencies: ["Rendezvous", "NetPrimitives", arguments], path: "Benchmarks/FleetSimulation",
            swiftSettings: settings),

        // Our end in Tests/Interop's meetings with other people's ICE agents; no product.
        .executableTarget(
            name: "IceAgent",
            dependencies: ["ConnectService", "Rendezvous", "Session", "ICE", "DTLS", "NetPrimitives", arguments] + nio,
            path: "Tests/Interop/IceAgent", swiftSettings: settings),

        .target(name: "TestSupport", dependencies: ["NetPrimitives"], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "CertificateSupport", dependencies: ["NetPrimitives"] + certificates, path: "Tests/CertificateSupport",
            swiftSettings: settings),
        tests("NetPrimitivesTests", ["NetPrimitives"]),
        tests("STUNTests", ["TestSupport", "STUN", "NetPrimitives", .product(name: "Crypto", package: "swift-crypto")]),
        tests("TURNTests", ["TestSupport", "TURN", "STUN", "NetPrimitives"]),
        tests("RelayTests", ["TestSupport", "Relay", "TURN", "STUN", "NetPrimitives"], exclude: ["Vectors"]),
        tests("NIOTransportTests", ["NIOTransport", "NetPrimitives", .product(name: "NIOEmbedded", package: "swift-nio")] + nio),
        tests("RendezvousTests", ["Rendezvous", "NetPrimitives"]),
        tests("IncidentTests", ["Incident"]),
        tests("MailTests", ["Mail"]),
        tests("PolicyTests", ["Policy", "Rendezvous"]),
        tests("ICETests", ["TestSupport", "ICE", "STUN", "NetPrimitives"]),
        tests("DTLSTests", ["TestSupport", "CertificateSupport", "DTLS", "NetPrimitives"] + certificates),
        tests("SCTPTests", ["TestSupport", "SCTP", "DTLS", "NetPrimitives"]),
        tests("SessionTests", ["TestSupport", "Session", "NetPrimitives"]),
        tests("ScreenCodecTests", ["TestSupport", "ScreenCodec", "NetPrimitives", "CPNG"]),
        tests("DesktopTests", ["Desktop", "ScreenCodec"]),
        tests("PortMappingTests", ["PortMapping", "NetPrimitives"]),
        tests(
            "RelayServiceTests",
            ["TestSupport", "CertificateSupport", "RelayService", "Relay", "DTLS", "Rendezvous", "TURN", "STUN", "NetPrimitives", tls, logging]
                + [.product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "GRDB", package: "GRDB.swift")] + nio + certificates),
        tests(
            "ConnectServiceTests",
            [
                "CertificateSupport", "ConnectService", "DTLS", "HostNetwork", "NetPrimitives", "STUN", "TURN", "Rendezvous",
                "PortMapping", "Policy", "Session", "NIOTransport", "ICE", logging, tls, .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio + certificates),
        tests("SimulationTests", ["ICE", "STUN", "NetPrimitives"], more: alwaysFast),
    ]
)
