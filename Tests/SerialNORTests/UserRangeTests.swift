import Testing

@testable import SerialNOR

@Suite struct UserRangeTests {
    @Test(arguments: [
        (0x70000, 512 * 1024, true), (0x70000, 16 << 20, true), (0x80000, 1 << 20, true),
        (0x6F000, 1 << 20, false), (0, 1 << 20, false), (-4096, 1 << 20, false), (0x70001, 1 << 20, false),
        (0x80000, 512 * 1024, false), (0x90000, 512 * 1024, false), (.max, 1 << 20, false),
        (0x70000, 256 * 1024, false), (0x70000, 32 << 20, false), (0x70000, 3 << 20, false),
        (0x70000, 0, false),
        (0x70000, .min, false),
    ])
    func geometry(reservationEnd: Int, chipSize: Int, isGood: Bool) {
        let geometry = try? FlashGeometry(reservationEnd: reservationEnd, chipSize: chipSize)
        #expect((geometry != nil) == isGood)
        if let geometry {
            #expect(geometry.userBytes + geometry.reservation.count == chipSize)
        }
    }

    @Test(arguments: [
        (0x70000..<0x80000, true), (0x70000..<0x70001, true), (0x7FFFF..<0x80000, true),
        (0x6FFFF..<0x70001, false), (0..<0x80000, false), (0x7FFFF..<0x80001, false),
        (0x80000..<0x80001, false),
        (-1..<0x70001, false), (0x70000..<0x70000, false), (0x70000..<Int.max, false),
        (Int.min..<Int.max, false),
    ])
    func ranges(range: Range<Int>, isGood: Bool) throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 512 * 1024)
        let made = try? UserRange(range, in: geometry)
        #expect((made != nil) == isGood)
        if let made {
            #expect(made.wideningToSectors.lowerBound >= geometry.reservationEnd)
            #expect(made.wideningToSectors.upperBound <= geometry.chipSize)
        }
    }

    @Test(arguments: [0x6FFFF, 0x80000, -1, .min, .max, 0])
    func addressesOutsideAreRefused(offset: Int) throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 512 * 1024)
        #expect(throws: FlashRefusal.self) { try FlashAddress(offset, in: geometry) }
    }

    @Test(arguments: [
        (0x6FFFF, 2), (0, 1), (-1, 5), (0x7FFFF, 2), (0x80000, 1), (Int.max, 2), (Int.min, 2), (0x70000, 0),
    ])
    func imagesOutsideAreRefused(address: Int, count: Int) throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 512 * 1024)
        #expect(throws: FlashRefusal.self) {
            try FlashImage(
                name: "image", bytes: [UInt8](repeating: 1, count: count), at: address, in: geometry)
        }
    }

    @Test func refusalsNameWhatWasFoundAndWhatIsAllowed() throws {
        let geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 512 * 1024)
        let error = #expect(throws: FlashRefusal.self) {
            try FlashImage(name: "assets", bytes: [1, 2, 3], at: 0x6FFFE, in: geometry)
        }
        let sentence = try #require(error).description
        for word in ["assets", "0x06fffe-0x070000", "0x070000-0x07ffff"] { #expect(sentence.contains(word)) }
    }
}

@Suite struct FlashLayoutTests {
    private let geometry: FlashGeometry
    init() throws { geometry = try FlashGeometry(reservationEnd: 0x70000, chipSize: 1 << 20) }

    private func image(_ range: Range<Int>) throws -> FlashImage {
        try FlashImage(
            name: "image", bytes: [UInt8](repeating: 0, count: range.count), at: range.lowerBound,
            in: geometry)
    }

    /// The layout on which flashrom, asked to write `user` only, overwrote `reserved`.
    @Test func aRegionThatReachesIntoTheReservationIsNoLayout() {
        #expect(throws: FlashRefusal.regionsOverlap("reservation", "user", at: 0x60000..<0x70000)) {
            try FlashLayout(
                geometry: geometry, regions: [FlashRegion(name: "user", range: 0x60000..<0x100000)])
        }
    }

    @Test(arguments: [
        ([FlashRegion(name: "a", range: 0x70000..<0x80000), FlashRegion(name: "b", range: 0x7F000..<0x90000)]),
        ([FlashRegion(name: "a", range: 0x70000..<0x80000), FlashRegion(name: "a", range: 0x90000..<0x91000)]),
        ([FlashRegion(name: "reservation", range: 0x70000..<0x80000)]),
        ([FlashRegion(name: "", range: 0x70000..<0x80000)]),
        ([FlashRegion(name: "a", range: 0x80000..<0x80000)]),
        ([FlashRegion(name: "a", range: 0xFF000..<0x100001)]),
        ([FlashRegion(name: "a", range: -1..<5)]),
    ])
    func badRegions(regions: [FlashRegion]) {
        #expect(throws: FlashRefusal.self) { try FlashLayout(geometry: geometry, regions: regions) }
    }

    @Test func everyRegionIsCompared() throws {
        let layout = try FlashLayout(
            geometry: geometry,
            regions: [
                FlashRegion(name: "assets", range: 0x80000..<0xA0000),
                FlashRegion(name: "calibration", range: 0xA0000..<0xA1000, access: .kept),
            ])
        #expect(throws: Never.self) { try layout.admit(image(0x80000..<0xA0000)) }
        #expect(
            throws: FlashRefusal.imageTouchesKept(
                image: "image", region: "calibration", at: 0xA0000..<0xA0001)
        ) {
            try layout.admit(image(0x9FFFF..<0xA0001))
        }
        #expect(throws: FlashRefusal.imageOutsideRegions(image: "image", range: 0x7FFFF..<0x80001)) {
            try layout.admit(image(0x7FFFF..<0x80001))
        }
    }

    @Test func withoutWritableRegionsTheRestIsFree() throws {
        let layout = try FlashLayout(
            geometry: geometry, regions: [FlashRegion(name: "keep", range: 0x70000..<0x71000, access: .kept)])
        #expect(throws: Never.self) { try layout.admit(image(0x71000..<0x100000)) }
        #expect(throws: FlashRefusal.self) { try layout.admit(image(0x70FFF..<0x71001)) }
    }
}
