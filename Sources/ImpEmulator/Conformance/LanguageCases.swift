extension ConformanceCase {
    /// R29, R31 to R33, R35: Squirrel.
    static let language: [ConformanceCase] = [
        ConformanceCase(.r29, "`base` as a name is an error", program: .none) { bench in
            do {
                _ = try DeviceProgram(
                    name: "r29.nut", source: PackageResources.r29_nut, release: bench.release)
                return [.text("compiler", "accepted")]
            } catch {
                return [.text("compiler", "\(error)")]
            }
        },
        ConformanceCase(
            .r31, "a metamethod does not enter itself", program: .init("r31", PackageResources.r31_nut)
        ) { bench in
            try bench.start()
            bench.await("message")
            return [bench.reading("calls"), .text("message", bench.values["message"])]
        },
        ConformanceCase(
            .r32, "class property: a message of its own", program: .init("r32", PackageResources.r32_nut)
        ) { bench in
            try bench.start()
            bench.await("message")
            return [.text("message", bench.values["message"])]
        },
        ConformanceCase(
            .r33, "an idle generator keeps nothing alive", program: .init("r33", PackageResources.r33_nut)
        ) { bench in
            try bench.start()
            bench.await("kept")
            return [bench.reading("kept", unit: "B")]
        },
        ConformanceCase(
            .r35, "\"circular data\" says where", program: .init("r35", PackageResources.r35_nut)
        ) { bench in
            try bench.start()
            bench.run(atMost: .seconds(10)) { bench.log.contains { $0.contains("circular") } }
            bench.run(.milliseconds(1))
            let message = bench.log.first { $0.contains("circular") }
            let place = bench.log.lazy.compactMap { line -> Int? in
                guard line.contains("r35.nut:") else { return nil }
                return line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
            }.first
            return [.text("message", message), .number("line", place)]
        },
    ]
}
