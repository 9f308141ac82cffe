import Blessing
import FactoryLink
import Imp003
import Ledger
import People
import Plant
import SerialNOR
import StationConfig
import StationService
import StationStore

/// How the program ends; part of its interface.
enum StationExit: Int32, CaseIterable {
    case success = 0
    /// A unit did not pass, and the work order is not full.
    case unitFailed = 1
    /// The station would not begin; nothing was changed.
    case refused = 2
    /// A proof or the ledger does not hold.
    case evidence = 3
    /// Arguments or files are wrong.
    case badInput = 64
    /// The plant database does not answer, or has no room.
    case unavailable = 69
    /// A defect of the program.
    case internalFault = 70
    /// The database or the disk failed.
    case recordLost = 74
    /// Stopped by a person.
    case interrupted = 130
}

/// An error with the exit code that stands for it and one sentence for the person at the keyboard.
struct StationFailure: Error {
    let exit: StationExit
    /// Empty when everything has been said already.
    let message: String

    init(_ exit: StationExit, _ message: String = "") {
        self.exit = exit
        self.message = message
    }

    /// - Returns: nil for errors of the argument parser, which prints its own.
    init?(_ error: any Error) {
        switch error {
        case let failure as StationFailure: self = failure
        case let error as PeopleError: self.init(error.exit, "\(error)")
        case let error as KeyError: self.init(.badInput, "\(error)")
        case let error as StoreError: self.init(error.exit, "\(error)")
        case let error as PlanRefusal: self.init(.refused, "\(error)")
        case let error as OrderDisagreement: self.init(.refused, "\(error)")
        case let error as GateRefusal: self.init(.refused, "\(error)")
        case let error as ConfigProblem: self.init(.refused, "\(error)")
        case let error as ConfigFileError: self.init(.badInput, "\(error)")
        case let error as ServiceRefusal: self.init(.refused, "\(error)")
        case let error as DeskRefusal: self.init(.refused, "\(error)")
        case let error as SecretError: self.init(.badInput, "\(error)")
        case let error as RegionError: self.init(.badInput, "\(error)")
        case let error as ChipRefusal: self.init(.refused, "\(error)")
        case let error as FlashRefusal: self.init(.badInput, "\(error)")
        case let error as PlantError: self.init(error.exit, "\(error)")
        case let error as FlashFailure: self.init(.unitFailed, "\(error)")
        default: return nil
        }
    }
}

extension PeopleError {
    /// Which of the documented endings this is.
    var exit: StationExit {
        switch self {
        case .unknownUser, .unknownToken, .invalid, .exposed, .newer: .badInput
        case .unreadable, .noRandomNumbers: .recordLost
        default: .refused
        }
    }
}

extension StoreError {
    /// Which of the documented endings this is.
    var exit: StationExit {
        switch self {
        case .refused, .lockedByOther, .exists, .clockSetBack: .refused
        case .newerSchema, .notAStationDatabase, .missing, .wrongKey, .olderSchema, .invalid, .notFound,
            .archived, .otherArchive, .nothingToArchive, .runUnderWay,
            .invalidStationName:
            .badInput
        case .corrupt, .tampered, .setBack: .evidence
        default: .recordLost
        }
    }
}
