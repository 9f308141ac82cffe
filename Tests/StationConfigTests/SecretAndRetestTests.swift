import Foundation
import Testing

@testable import StationConfig

@Suite struct SecretTests {
    private let name = "FACTORY_WIFI_PASSWORD"

    private func reference(_ source: SecretReference.Source, _ standIn: String? = "stand-in-secret")
        -> SecretReference
    {
        SecretReference(source: source, emulationDefault: standIn)
    }

    @Test func environmentFirstThenTheStandInOnEmulatedSlotsOnly() throws {
        let secret = reference(.environment(name))
        #expect(
            try secret.resolve(environment: [name: "from the environment"], root: "/", emulated: true)
                == "from the environment")
        #expect(try secret.resolve(environment: [:], root: "/", emulated: true) == "stand-in-secret")
        #expect(try secret.resolve(environment: [name: ""], root: "/", emulated: true) == "stand-in-secret")
        #expect(throws: SecretError.missing(.environment(name))) {
            try secret.resolve(environment: [:], root: "/", emulated: false)
        }
        #expect(throws: SecretError.missing(.environment(name))) {
            try reference(.environment(name), nil).resolve(environment: [:], root: "/", emulated: true)
        }
        #expect(throws: SecretError.wrongLength(.environment(name), bytes: 5)) {
            try secret.resolve(environment: [name: "short"], root: "/", emulated: true)
        }
    }

    @Test func filesAreReadToTheirFirstLineEnd() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/secret-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("the factory's own\r\nnot this".utf8).write(to: URL(filePath: folder + "/wifi"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/wifi")
        let secret = reference(.file("wifi"))
        #expect(try secret.resolve(environment: [:], root: folder, emulated: false) == "the factory's own")
        #expect(
            try reference(.file(folder + "/wifi")).resolve(environment: [:], root: "/", emulated: false)
                == "the factory's own")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder + "/wifi")
        #expect(throws: SecretError.self) {
            try secret.resolve(environment: [:], root: folder, emulated: true)
        }
        #expect(
            try reference(.file("none")).resolve(environment: [:], root: folder, emulated: true)
                == "stand-in-secret")
        #expect(throws: SecretError.self) {
            try reference(.file(folder)).resolve(environment: [:], root: "/", emulated: true)
        }
    }

    @Test func nothingPrintsIt() throws {
        let secret = reference(.environment(name))
        var dumped = ""
        dump(secret, to: &dumped)
        dump(FactoryNetworkSettings(ssid: "s", password: secret), to: &dumped)
        for text in [
            "\(secret)", String(reflecting: secret), dumped, "\([secret])", "\(Optional(secret) as Any)",
        ] {
            #expect(!text.contains("stand-in"))
            #expect(text.contains(name))
        }
        #expect("\(SecretError.wrongLength(.environment(name), bytes: 5))".contains(name))
    }
}

@Suite struct RetestPolicyTests {
    private let policy = RetestPolicy(
        attempts: 3, causes: [.fail, .silent], coolDown: .seconds(5), neverAfter: [.protect, .region],
        newSlot: .prefer)

    @Test(arguments: [
        (1, RetestCause.fail, ProcedureStage.test, true), (2, .fail, .test, true), (3, .fail, .test, false),
        (4, .fail, .test, false),
        (0, .fail, .test, false), (1, .silent, .admit, true), (1, .refused, .bless, false),
        (1, .aborted, .test, false),
        (1, .fail, .protect, false), (1, .fail, .region, false), (1, .fail, .prove, true),
    ])
    func allows(attempt: Int, cause: RetestCause, stage: ProcedureStage, expected: Bool) {
        #expect(policy.allows(attempt: attempt, cause: cause, stage: stage) == expected)
    }

    @Test func noneAllowsNothing() {
        for cause in RetestCause.allCases {
            for stage in ProcedureStage.allCases {
                #expect(!RetestPolicy.none.allows(attempt: 1, cause: cause, stage: stage))
            }
        }
    }

    @Test func stagesAreInTheOrderOfTheProcedure() {
        #expect(
            ProcedureStage.allCases.map(\.rawValue) == [
                "admit", "protect", "test", "nvram", "flash", "region", "prove", "bless", "finish",
            ])
        #expect(ProcedureStage.allCases == ProcedureStage.allCases.sorted())
    }
}
