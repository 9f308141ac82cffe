import Blessing
import Foundation
import GRDB
import Logging
import NIOCore
import People
import StationConfig
import StationStore

extension StationResponder {
    /// What an error is called outside. What could tell a stranger about the inside stays in the log.
    static func problem(_ error: any Error, _ logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let refusal as DeskRefusal: return Problem(refusal)
        case let error as PeopleError:
            let problem = Problem(error)
            if problem.code == .internalFault { logger.error("people", metadata: ["error": "\(error)"]) }
            return problem
        case let error as OrderDisagreement: return Problem(.order, "\(error)")
        case let error as PlanRefusal: return Problem(.order, "\(error)")
        case let error as GateRefusal: return Problem(.configuration, "\(error)")
        case let error as ConfigProblem: return Problem(.configuration, "\(error)")
        case let error as ConfigFileError: return Problem(.configuration, "\(error)")
        case let error as StoreError:
            let problem = Problem(error)
            if problem.code == .internalFault || problem.code == .record {
                logger.error("record", metadata: ["error": "\(error)"])
            }
            return problem
        case is NIOTooManyBytesError: return Problem(.tooLarge, "The body is too large.")
        case let error as DatabaseError:
            logger.error("service database", metadata: ["error": "\(error)"])
            switch error.resultCode {
            case .SQLITE_FULL:
                return Problem(.record, "There is no room left on the disk. Free some, then try again.")
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                return Problem(.record, "Another program holds the service's database. Try again.")
            default: return Problem(.internalFault, "The service's database failed. The log says more.")
            }
        default:
            logger.error("request failed", metadata: ["error": "\(error)"])
            return Problem(.internalFault, "The station could not do this. The log says more.")
        }
    }
}

extension Problem {
    init(_ refusal: DeskRefusal) {
        switch refusal {
        case .unknownSlot: self.init(.notFound, "\(refusal)")
        case .busy: self.init(.slotBusy, "\(refusal)")
        case .paused, .offline, .attention, .goldenShut: self.init(.slotOut, "\(refusal)")
        case .idle: self.init(.slotIdle, "\(refusal)")
        case .orderNotOpen, .orderPaused, .whichOrder, .orderFull, .orderRunsItself, .orderClosed,
            .orderInWork:
            self.init(.order, "\(refusal)")
        case .notAUnit: self.init(.scan, "\(refusal)", field: "serial")
        case .parking: self.init(.parking, "\(refusal)", headers: [.retryAfter: "10"])
        case .recordLost: self.init(.record, "\(refusal)", headers: [.retryAfter: "10"])
        }
    }

    init(_ error: StoreError) {
        switch error {
        case .notFound: self.init(.notFound, "\(error)")
        case .notSigned: self.init(.unsigned, "\(error)")
        case .refused: self.init(.refused, "\(error)")
        case .archived(let entries, let file):
            self.init(
                .archived,
                "What happened before entry \(entries) is in the archive \(file), which is not here. Put it beside the record "
                    + "and start the service again.")
        case .invalid: self.init(.field, "\(error)")
        case .diskFull:
            self.init(
                .record, "There is no room left on the disk. Free some, then try again.",
                headers: [.retryAfter: "10"])
        case .overloaded, .closed, .lockedByOther:
            self.init(.record, "The record takes nothing now. Try again.", headers: [.retryAfter: "2"])
        default:
            self.init(.record, "The record can't be kept or read. The log says more; call the engineer.")
        }
    }
}
