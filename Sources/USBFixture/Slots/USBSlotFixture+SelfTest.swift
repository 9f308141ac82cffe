import TimeAndChance

extension USBSlotFixture {
    /// Blinks both lamps, so that a person sees which slot this is.
    public func identify(times: Int = 5) async throws {
        for _ in 0..<max(times, 1) {
            try await showLamps(pass: true, fail: true)
            try await time.sleep(for: .milliseconds(250))
            try await showLamps(pass: false, fail: false)
            try await time.sleep(for: .milliseconds(250))
        }
    }

    /// Looks for stuck wires with the unit off: each SPI output must follow the adapter, and MISO must not be held.
    /// - Returns: a sentence for each fault found.
    public func selfTest() async throws -> [String] {
        try await applyIdle()
        var faults: [String] = []
        for (name, bit) in [
            ("SCK", PinImage.clock), ("MOSI", PinImage.dataOut), ("chip select", PinImage.chipSelect),
        ] {
            for level in [false, true] {
                try await setPins { pins in
                    pins.lowOutputs = PinImage.spiOutputs
                    pins.low = level ? bit : 0
                }
                let seen = try await readPins().low & bit != 0
                if seen != level {
                    faults.append(
                        "Slot \(binding.slot), \(label): \(name) stays \(seen ? "high" : "low"). Check the nails and the fixture board for a short, "
                            + "with no unit in the nest.")
                    break
                }
            }
        }
        try await applyIdle()
        return faults
    }
}
