import ContentAddress
import FactoryLink
import Fixturing
import Imp003
import SerialNOR
import StationConfig
import StationStore

extension UnitProcedure {
    /// Stage 1: who is this, is it allowed, can its flash be trusted?
    mutating func admit() async throws {
        let known = try await refuseByScan()
        try await requireGoldenCheckByScan()
        let fixture = context.fixture
        try await fixture.setPower(true)
        try await fixture.setReset(held: false)
        do {
            try await blinkUpUntilHeard()
        } catch let error as LinkError {
            if let known, known.isQuarantined {
                throw Reason(
                    .inQuarantine,
                    "\(known.device) is in quarantine and its factory console stays silent (\(error.code)); look it up in impCentral, "
                        + "then `station unit resolve \(known.device)`")
            }
            throw error
        }
        let identity = try await identify()
        self.identity = identity
        context.event(.identified(device: identity.device.text, serial: nil))
        let flash = try await holdForFlash()
        chip = flash.chip
        try await recordIdentity(identity, flash.chip)
        note("firmware", .text(identity.firmware))
        isReference = context.settings.golden?.devices.contains(identity.device.text) ?? false
        if isReference {
            context.event(
                .remark("\(identity.device.text) is a reference unit: it is measured and not blessed"))
            return
        }
        try await requireGoldenCheck()
        try await refuseByHistory(identity)
        let lease = try await leaseSerial(identity)
        self.lease = lease
        context.event(.identified(device: identity.device.text, serial: lease.serial))
    }

    /// What the record already says about the scanned code; a blessed unit need not even be powered.
    private func refuseByScan() async throws -> DeviceRow? {
        guard let code = context.arrival.scannedCode, let unit = try await context.store.reader.unit(code)
        else {
            return nil
        }
        if let blessed = unit.device.blessedRun {
            throw Reason(
                .alreadyBlessed,
                "\(code) belongs to \(unit.device.device), blessed in \(blessed); un-bless it in impCentral before it is made again"
            )
        }
        return unit.device
    }

    private func identify() async throws -> UnitIdentity {
        let answer = try await context.ask(Identify())
        let device: DeviceID
        let mac: MACAddress
        do {
            device = try DeviceID(parsing: answer.deviceID)
            mac = try MACAddress(parsing: answer.mac)
        } catch {
            throw Reason(.notImp003, "\(error)")
        }
        try compareWithScan(device, mac)
        if let release = Self.releaseNumber(in: answer.release), release < 30 {
            throw Reason(
                .unsupportedRelease,
                "the module runs impOS release \(release); this procedure needs 30 or later (hardware.spiflash, regions, NVRAM). Let it update first"
            )
        }
        return UnitIdentity(
            device: device, mac: mac, release: answer.release,
            firmware: "\(answer.firmwareName) \(answer.firmwareVersion)",
            warnings: device.findings(reportedMAC: mac).map(\.message))
    }

    /// A scanned MAC or device ID must be the unit's own; a scanned serial number was looked up already.
    private func compareWithScan(_ device: DeviceID, _ mac: MACAddress) throws {
        guard let code = context.arrival.scannedCode else { return }
        let matches: Bool
        if let scanned = try? DeviceID(parsing: code.lowercased()) {
            matches = scanned == device
        } else if let scanned = try? MACAddress(parsing: code) {
            matches = scanned == mac
        } else {
            return
        }
        guard matches else {
            throw Reason(
                .wrongUnit,
                "the label says \(code), the unit in the slot says \(device.text) with MAC \(mac.colonForm)")
        }
    }

    /// The number in texts like `… - release-30.8 - …`.
    static func releaseNumber(in text: String) -> Int? {
        guard let range = text.firstRange(of: "release-") else { return nil }
        return Int(text[range.upperBound...].prefix { $0.isNumber })
    }

    private func recordIdentity(_ identity: UnitIdentity, _ chip: ProvenChip) async throws {
        try await context.write(
            .unitIdentified(
                UnitIdentified(
                    run: try context.startedRun, device: identity.device.text, mac: identity.mac.bareHex,
                    impOS: identity.release, flashJEDEC: chip.id.bytes.hexDigits,
                    flashBytes: Int64(chip.size),
                    warnings: identity.warnings)))
        for warning in identity.warnings { context.event(.remark(warning)) }
    }

    /// Blessed before, in quarantine, or failed too often?
    private mutating func refuseByHistory(_ identity: UnitIdentity) async throws {
        let reader = context.store.reader
        let device = identity.device.text
        if let unit = try await reader.unit(device) {
            if let blessed = unit.device.blessedRun {
                throw Reason(
                    .alreadyBlessed,
                    "\(device) was blessed in \(blessed); un-bless it in impCentral before it is made again"
                )
            }
            if unit.device.isQuarantined, let quarantine = unit.quarantines.last {
                try await leaveQuarantine(device, quarantine)
            }
        }
        let history = RetestHistory(try await reader.runs(RunFilter(unit: device)))
        attempt = history.counted + 1
        if let refusal = history.refusal(of: device, by: context.plan.variant.retest) { throw refusal }
        if let last = history.attempts.last { try await rest(after: last.run) }
    }

    /// What the SKU wants between two attempts: another slot, or time to cool down without power.
    private mutating func rest(after last: RunRow) async throws {
        let retest = context.plan.variant.retest
        if last.slot == context.slotNumber {
            switch retest.newSlot {
            case .any: break
            case .require:
                throw Reason(
                    .otherSlotRequired,
                    "the last attempt ended in this slot (\(last.run)); the SKU wants the next one in another"
                )
            case .prefer:
                if let free = await context.slotsInUse.freeSlot(besides: context.slot) {
                    throw Reason(
                        .otherSlotRequired,
                        "the last attempt ended in this slot (\(last.run)), and slot \(free) waits for a unit; the SKU prefers another slot"
                    )
                }
            }
        }
        guard retest.coolDown > .zero else { return }
        try await context.fixture.setPower(false)
        flash = nil
        try await context.fixture.time.sleep(for: retest.coolDown)
        try await context.fixture.setPower(true)
        _ = try await holdForFlash()
    }

    /// Only an interrupted or unanswered blessing can be cleared up by the unit itself: factory firmware that
    /// answers proves that the server did not bless it, since a blessed unit is given application firmware.
    private func leaveQuarantine(_ device: String, _ quarantine: QuarantineRow) async throws {
        let blessing = [ReasonCode.blessNoAnswer, .blessInterrupted]
        guard blessing.contains(where: { quarantine.reason.hasPrefix($0.identifier) }) else {
            throw Reason(.inQuarantine, "\(device) is in quarantine: \(quarantine.reason)")
        }
        try await context.write(
            .unitReleased(
                UnitReleased(
                    device: device, by: .named("station"),
                    reason: "factory firmware still answers, so the interrupted blessing did not take effect")
            ))
        context.event(.remark("\(device) left quarantine: its factory firmware still answers"))
    }

    private func leaseSerial(_ identity: UnitIdentity) async throws -> SerialLease {
        let store = context.store
        let order = context.plan.order
        // A serial number that the unit wears already is the one that it gets.
        let worn = context.arrival.scannedCode.flatMap { order.serials.contains($0) ? $0 : nil }
        return try await context.recording {
            try await store.leaseSerial(order: order.id, device: identity.device.text, wanted: worn)
        }
    }
}

extension RunRow {
    /// The stage in which the run ended; a step of the plan belongs to `test`.
    var stage: ProcedureStage? {
        guard let failedStep else { return nil }
        return failedStep.hasPrefix("stage.")
            ? ProcedureStage(rawValue: String(failedStep.dropFirst(6))) : .test
    }
}
