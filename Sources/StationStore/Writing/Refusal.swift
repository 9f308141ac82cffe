/// Why the store would not write a record down: it contradicts what is in the record already. Nothing of it is
/// kept, and other records that were handed in at the same time are not touched.
public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownRun(RunID)
    case runFinished(RunID)
    case notIdentified(run: RunID)
    case runHasOtherDevice(run: RunID, device: String)
    /// Another unfinished run has the unit.
    case deviceBusy(device: String, run: RunID)
    case macTaken(mac: String, by: String)
    case macChanged(device: String, recorded: String, found: String)
    case unknownDevice(String)

    case duplicateAct(run: RunID, act: Int)
    case unknownAct(run: RunID, act: Int)
    case actSettled(run: RunID, act: Int, ActOutcome)
    case effectOfOtherKind(run: RunID, act: Int, kind: ActKind)

    case alreadyBlessed(device: String, run: RunID)
    case quarantined(device: String)
    case notQuarantined(device: String)

    case blessingNotIntended(run: RunID)
    case blessingAlreadyAnswered(run: RunID, BlessingOutcome)
    case passedWithoutBlessing(run: RunID)
    case openActs(run: RunID, [Int])

    case unknownOrder(String)
    case orderExists(String)
    case orderClosed(String)
    case orderFull(order: String, quantity: Int, blessed: Int, running: Int)
    case wrongSKU(order: String, expected: String, found: String)

    case serialRangeOverlaps(order: String, with: String)
    case serialsExhausted(order: String)
    case noSerialRange(order: String)
    case serialTaken(serial: String, by: String)
    case serialOutsideRange(serial: String, order: String)
    case unknownSerial(String)
    /// A shared order has no granted number left here.
    case noSerialsGranted(order: String)
    case serialNotGranted(serial: String, order: String)
    case serialsNotShared(order: String)
    case serialsGrantedAlready(order: String, first: String)
    case serialNotLeased(serial: String, device: String)
    /// The unit carries another serial number for good.
    case deviceHasSerial(device: String, serial: String)

    /// The ledger has its first entry already.
    case ledgerBegun
    /// The work order is pinned to another revision already.
    case orderLockedTo(order: String, revision: String)
    case orderNotLocked(String)
    case personNotKnown
    case keyStatement(String)
    /// An archive ends before the last one, or after the ledger.
    case archiveEnd(entries: Int64, before: Int64)
    /// A stop without a start.
    case notStarted
    /// The schema itself refused.
    case constraint(String)

    public var description: String {
        switch self {
        case .unknownRun(let run): "there is no \(run) in this database"
        case .runFinished(let run): "\(run) is finished; nothing can be added to it but labels and notes"
        case .notIdentified(let run):
            "the unit of \(run) has not said who it is; nothing irreversible is done to it"
        case .runHasOtherDevice(let run, let device):
            "\(run) is about device \(device); another unit answers now: check what sits in the slot"
        case .deviceBusy(let device, let run):
            "device \(device) is in \(run), which is not finished: the same unit can't be in two runs"
        case .macTaken(let mac, let by):
            "MAC address \(mac) belongs to device \(by); two units can't share it"
        case .macChanged(let device, let recorded, let found):
            "device \(device) is recorded with MAC address \(recorded) and now reports \(found)"
        case .unknownDevice(let device): "device \(device) was never identified at this station"
        case .duplicateAct(let run, let act):
            "\(run) has an act \(act) already; each act has a number of its own"
        case .unknownAct(let run, let act): "\(run) has no act \(act): an intent comes before its result"
        case .actSettled(let run, let act, let outcome):
            "act \(act) of \(run) ended with \(outcome.rawValue) already; a result that is known doesn't change"
        case .effectOfOtherKind(let run, let act, let kind):
            "act \(act) of \(run) is a \(kind), and what was read back belongs to another kind of act"
        case .alreadyBlessed(let device, let run):
            "device \(device) was blessed in \(run); its region, NVRAM, flash record and blessing can't change"
        case .quarantined(let device): "device \(device) is in quarantine: a person has to release it first"
        case .notQuarantined(let device): "device \(device) is not in quarantine"
        case .blessingNotIntended(let run): "\(run) has no intent to bless; an answer can't come before it"
        case .blessingAlreadyAnswered(let run, let outcome):
            "the blessing in \(run) was answered with \(outcome.rawValue) already"
        case .passedWithoutBlessing(let run): "\(run) can't end as passed: its unit was not blessed in it"
        case .openActs(let run, let acts):
            "\(run) can't end as passed: nobody knows what became of act "
                + acts.map(String.init).joined(separator: ", ")
        case .unknownOrder(let order): "there is no work order \(order) in this database"
        case .orderExists(let order): "work order \(order) is there already; give the new one another name"
        case .orderClosed(let order): "work order \(order) is closed"
        case .orderFull(let order, let quantity, let blessed, let running):
            "work order \(order) is for \(quantity) units: \(blessed) are blessed and \(running) under way"
        case .wrongSKU(let order, let expected, let found):
            "work order \(order) is for SKU \(expected), the run for \(found)"
        case .serialRangeOverlaps(let order, let other):
            "the serial numbers of work order \(order) overlap those of \(other): give it a range of its own"
        case .serialsExhausted(let order):
            "work order \(order) has no serial number left; extend it by another order with a new range"
        case .noSerialRange(let order): "work order \(order) has no serial numbers to give out"
        case .serialTaken(let serial, let by): "serial number \(serial) is used by device \(by)"
        case .serialOutsideRange(let serial, let order):
            "serial number \(serial) is not one of work order \(order)'s"
        case .noSerialsGranted(let order):
            "work order \(order) shares its serial numbers and this station has none left: "
                + "`station plant lease \(order)` gets the next block"
        case .serialNotGranted(let serial, let order):
            "serial number \(serial) of the shared order \(order) was not granted to this station: another one may use it"
        case .serialsNotShared(let order):
            "the serial numbers of work order \(order) are this station's own; no block of them can be granted"
        case .serialsGrantedAlready(let order, let first):
            "the block of \(order) that begins with \(first) was granted already"
        case .unknownSerial(let serial): "serial number \(serial) was never leased"
        case .serialNotLeased(let serial, let device):
            "serial number \(serial) is not leased to device \(device)"
        case .deviceHasSerial(let device, let serial):
            "device \(device) carries serial number \(serial) for good"
        case .ledgerBegun: "the ledger has begun already; station.created is its first entry and no other"
        case .orderLockedTo(let order, let revision):
            "work order \(order) is pinned to configuration \(revision.prefix(12)): `station order unlock` lets it go"
        case .orderNotLocked(let order): "work order \(order) is not pinned to a configuration"
        case .personNotKnown: "forgotten persons are counted without a gap"
        case .archiveEnd(let entries, let before):
            "an archive of \(entries) entries can't follow one of \(before) here"
        case .keyStatement(let reason): "the key can't be changed: \(reason)"
        case .notStarted: "the station was not started; it can't be stopped"
        case .constraint(let message): "the database refused the record: \(message)"
        }
    }
}
