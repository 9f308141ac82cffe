import SerialNOR
import StationConfig
import StationStore

extension UnitProcedure {
    /// Stage 5: each image by the fixture's own wires, one act an image, verified from the chip.
    mutating func provisionFlash() async throws {
        guard !context.plan.images.isEmpty else { return }
        let flash = try await holdForFlash()
        let placed: [(BlessingPlan.PlacedImage, SerialNOR.FlashImage)]
        let layout: FlashLayout
        do {
            placed = try context.plan.images.map { image in
                (
                    image,
                    try SerialNOR.FlashImage(
                        name: image.content.name, bytes: image.content.bytes, at: image.address,
                        in: flash.geometry)
                )
            }
            layout = try FlashLayout(
                geometry: flash.geometry,
                regions: placed.map { FlashRegion(name: $1.name, range: $1.range.range, access: .writable) })
        } catch {
            throw Reason(.flashPlanRefused, "\(error)")
        }
        let total = Double(placed.reduce(0) { $0 + $1.1.bytes.count })
        var before = 0.0
        for (image, bytes) in placed {
            try await write(
                image, bytes, on: flash, layout: layout,
                share: (before / total, Double(bytes.bytes.count) / total))
            before += Double(bytes.bytes.count)
        }
    }

    private mutating func write(
        _ image: BlessingPlan.PlacedImage, _ bytes: SerialNOR.FlashImage, on flash: FlashProgrammer,
        layout: FlashLayout, share: (from: Double, part: Double)
    ) async throws {
        let plan: FlashPlan
        do {
            plan = try await flash.plan([bytes], layout: layout)
        } catch {
            throw context.reason(for: error, otherwise: .flashPlanRefused)
        }
        let adopted = plan.isEmpty
        try await act(
            .flashWrite,
            [
                "image": image.content.name, "sha256": image.content.digest.hex,
                "range": "0x\(image.address.hex6)-0x\((image.address + bytes.bytes.count - 1).hex6)",
                "flash_plan_sha256": plan.digest.hex,
            ], onError: .flashWriteFailed
        ) { context in
            do {
                let report = try await flash.execute(plan) { event in
                    if case .progress(let progress) = event {
                        context.event(.progress(.flash, share.from + share.part * progress.fraction))
                    }
                }
                return .done(
                    .image(RunImage(image)),
                    [
                        "adopted": adopted ? "true" : "false", "erased_bytes": String(report.erasedBytes),
                        "programmed_bytes": String(report.programmedBytes),
                        "verified_bytes": String(report.verifiedBytes),
                    ])
            } catch let failure as FlashFailure {
                return .failed(Reason(ReasonCode(failure), "\(image.content.name): \(failure)"))
            }
        }
    }
}

extension ReasonCode {
    init(_ failure: FlashFailure) {
        switch failure {
        case .verifyFailed: self = .flashVerifyFailed
        case .lost: self = .fixtureLost
        default: self = .flashWriteFailed
        }
    }
}
