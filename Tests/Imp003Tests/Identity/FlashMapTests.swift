import Foundation
import Testing

@testable import Imp003

@Suite struct FlashMapTests {
    static let chips: [(kilobytes: UInt64, userSize: UInt32, sectors: Int)] = [
        (512, 0x10000, 16), (1024, 0x90000, 144), (2048, 0x190000, 400), (4096, 0x390000, 912),
        (8192, 0x790000, 1936), (16384, 0xF90000, 3984),
    ]

    @Test(arguments: chips)
    func release30(kilobytes: UInt64, userSize: UInt32, sectors: Int) throws {
        let map = try FlashMap(chipSize: kilobytes << 10)
        #expect(map.reservedRange == 0..<0x70000)
        #expect(map.userRange == 0x70000..<UInt32(kilobytes << 10))
        #expect(map.virtualRange == 0..<userSize)
        #expect(map.userSize == userSize)
        #expect(map.sectorCount == sectors)
    }

    @Test func translationIsExactAtBothEnds() throws {
        let map = try FlashMap(chipSize: 512 << 10)
        #expect(try map.physical(virtual: 0) == 0x70000)
        #expect(try map.physical(virtual: 0xFFFF) == 0x7FFFF)
        #expect(try map.virtual(physical: 0x70000) == 0)
        #expect(try map.virtual(physical: 0x7FFFF) == 0xFFFF)
        #expect(try map.physical(virtual: 0..<0x10000) == 0x70000..<0x80000)
        #expect(try map.physical(virtual: 0x10000..<0x10000) == 0x80000..<0x80000)
        #expect(throws: FlashMapError.virtualOutOfRange(0x10000, end: 0x10000)) {
            try map.physical(virtual: 0x10000)
        }
        #expect(throws: FlashMapError.virtualOutOfRange(.max, end: 0x10000)) {
            try map.physical(virtual: .max)
        }
        #expect(throws: FlashMapError.virtualOutOfRange(0x10000, end: 0x10000)) {
            try map.physical(virtual: 0xFFFF..<0x10001)
        }
        #expect(throws: FlashMapError.virtualOutOfRange(0x10001, end: 0x10000)) {
            try map.physical(virtual: 0x10001..<(.max))
        }
        #expect(throws: FlashMapError.physicalOutOfRange(0x6FFFF, allowed: map.userRange)) {
            try map.virtual(physical: 0x6FFFF)
        }
        #expect(throws: FlashMapError.physicalOutOfRange(0x80000, allowed: map.userRange)) {
            try map.virtual(physical: 0x80000)
        }
    }

    static let refused: [(size: UInt64, profile: FlashProfile, error: FlashMapError)] = [
        (0, .release30, .chipTooSmall(found: 0, minimum: 0x80000)),
        (256 << 10, .release30, .chipTooSmall(found: 256 << 10, minimum: 0x80000)),
        (0x80000 - 1, .release30, .chipTooSmall(found: 0x7FFFF, minimum: 0x80000)),
        (0x80001, .release30, .notAPowerOfTwo(found: 0x80001)),
        (3 << 20, .release30, .notAPowerOfTwo(found: 3 << 20)),
        (32 << 20, .release30, .chipTooLarge(found: 32 << 20, maximum: 16 << 20)),
        (.max, .release30, .chipTooLarge(found: .max, maximum: 16 << 20)),
        (512 << 10, .conservative, .noUserSpace(chipSize: 0x80000, reservation: 0x80000)),
        (
            1 << 20, FlashProfile(name: "odd", reservation: 0x70001),
            .unsoundProfile(name: "odd", fault: "reservation 0x070001 is not a multiple of the sector size")
        ),
        (
            1 << 20, FlashProfile(name: "odd", reservation: 0, sectorSize: 0),
            .unsoundProfile(name: "odd", fault: "sector size 0 is not a power of two")
        ),
    ]

    @Test(arguments: refused)
    func refusesOtherChips(size: UInt64, profile: FlashProfile, error: FlashMapError) {
        #expect(throws: error) { try FlashMap(chipSize: size, profile: profile) }
        #expect(error.description.hasSuffix("."))
    }

    @Test func conservativeProfileKeepsClearOf512KB() throws {
        let map = try FlashMap(chipSize: 1 << 20, profile: .conservative)
        #expect(map.userRange == 0x80000..<0x100000)
        #expect(map.sectorCount == 128)
    }

    @Test func shippedProfilesAreSound() {
        for profile in FlashProfile.all {
            #expect(profile.fault == nil, "\(profile)")
        }
        #expect(Set(FlashProfile.all.map(\.name)).count == FlashProfile.all.count)
    }
}
