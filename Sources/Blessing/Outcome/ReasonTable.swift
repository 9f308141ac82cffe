extension ReasonCode {
    /// Code, outcome, and what the operator reads and does. `docs/operator-codes.md` is printed from this.
    static let table: [ReasonCode: Entry] = [
        .overcurrent: Entry(.failed, "Short circuit", "Put the unit in the rework bin."),
        .silent: Entry(
            .failed, "Unit does not answer", "Seat it again; if it stays silent, put it in the rework bin."),
        .babbling: Entry(
            .failed, "Unit sends noise",
            "Clean the console pins, seat it again; if it goes on, put it in the rework bin."),
        .linkVersion: Entry(.refused, "Wrong factory firmware", "Call the engineer."),
        .notImp003: Entry(.refused, "Not an imp003", "Put the unit aside and call the engineer."),
        .wrongUnit: Entry(
            .refused, "Label and unit differ", "Scan the label of the unit in the slot, then start again."),
        .alreadyBlessed: Entry(.refused, "Already blessed", "Put it with the finished units."),
        .inQuarantine: Entry(.refused, "In quarantine", "Put it in the locked box; quality must decide."),
        .unsupportedRelease: Entry(
            .refused, "impOS release not allowed", "Put the unit aside and call the engineer."),
        .orderFull: Entry(.refused, "Work order is full", "Take the unit out; load the next work order."),
        .serialsExhausted: Entry(
            .refused, "No serial numbers left", "Call the engineer: the work order needs a new range."),
        .identityConflict: Entry(
            .refused, "Identity is already taken", "Put it in the locked box; two units claim one identity."),
        .attemptsExhausted: Entry(.refused, "No attempts left", "Put the unit in the rework bin."),
        .serialConflict: Entry(.refused, "Serial number is taken", "Call the engineer."),
        .otherSlotRequired: Entry(.refused, "Use another slot", "Seat the unit in another slot."),
        .goldenDue: Entry(
            .refused, "Golden unit is due", "Measure the golden unit in this slot, then start again."),
        .goldenOff: Entry(
            .refused, "Golden unit was off", "Use another slot; an engineer must look at this one."),
        .flashUnsuitable: Entry(
            .failed, "Wrong flash chip", "Put the unit in the rework bin: its flash chip must be changed."),
        .flashProtected: Entry(.failed, "Flash is write-protected", "Put the unit in the rework bin."),
        .flashSilent: Entry(
            .failed, "Flash does not answer",
            "Put the unit in the rework bin: check the flash chip's solder joints."),
        .reservationUnreadable: Entry(
            .failed, "Flash can't be read", "Seat it again; then put it in the rework bin."),
        .measurementOutOfLimits: Entry(
            .failed, "Test failed", "Retest if attempts are left; else put it in the rework bin."),
        .testFailed: Entry(
            .failed, "Test failed", "Retest if attempts are left; else put it in the rework bin."),
        .testTimeout: Entry(
            .failed, "Test took too long", "Retest if attempts are left; else put it in the rework bin."),
        .testUnknown: Entry(
            .error, "Test is not in the firmware", "Call the engineer: plan and factory firmware don't match."
        ),
        .nvramRejected: Entry(.failed, "Radio settings refused", "Put the unit in the rework bin."),
        .nvramHashDiffers: Entry(
            .failed, "Radio settings differ", "Put the unit aside and call the engineer."),
        .flashPlanRefused: Entry(.error, "Flash images don't fit", "Call the engineer."),
        .flashWriteFailed: Entry(
            .failed, "Flash writing failed", "Retest if attempts are left; else put it in the rework bin."),
        .flashVerifyFailed: Entry(
            .failed, "Flash content is wrong", "Retest if attempts are left; else put it in the rework bin."),
        .regionRejected: Entry(.failed, "Region not taken", "Put the unit in the rework bin."),
        .regionReadBack: Entry(
            .failed, "Region reads back wrong", "Put the unit aside and call the engineer."),
        .reservationChanged: Entry(.failed, "System flash changed", "Stop the line and call the engineer."),
        .channelOutside: Entry(
            .failed, "Hears a forbidden channel", "Put the unit aside and call the engineer."),
        .tooFewAccessPoints: Entry(.failed, "Radio hears too little", "Check the antenna; retest."),
        .scanFailed: Entry(
            .failed, "Radio scan failed", "Retest if attempts are left; else put it in the rework bin."),
        .blessRefused: Entry(
            .failed, "Cloud refused the blessing", "Put the unit aside and call the engineer."),
        .blessNoAnswer: Entry(
            .quarantined, "No answer to the blessing", "Put it in the locked box; quality must decide."),
        .blessNotOnline: Entry(.failed, "Unit is not online", "Check the factory network; retest."),
        .blessInterrupted: Entry(
            .quarantined, "Blessing was cut off", "Put it in the locked box; quality must decide."),
        .notCleared: Entry(
            .quarantined, "Blessed, but not cleared", "Put it in the locked box; quality must decide."),
        .labelFailed: Entry(
            .quarantined, "Blessed, but no label", "Put it in the locked box; print the label again."),
        .referenceMeasured: Entry(.aborted, "Reference unit measured", "Put it back into its box."),
        .restarted: Entry(
            .failed, "Unit restarted by itself", "Retest if attempts are left; else put it in the rework bin."
        ),
        .linkLost: Entry(
            .failed, "Unit stopped answering", "Retest if attempts are left; else put it in the rework bin."),
        .fixtureLost: Entry(
            .aborted, "Fixture is gone", "Check the fixture's cable, then seat the unit again."),
        .stoppedByOperator: Entry(.aborted, "Stopped", "Seat the unit again when the line goes on."),
        .stationStopped: Entry(.aborted, "Station was stopped", "Seat the unit again."),
        .recordRefused: Entry(.error, "Record was refused", "Stop and call the engineer."),
        .internalFault: Entry(.error, "Station fault", "Call the engineer."),
    ]
}
