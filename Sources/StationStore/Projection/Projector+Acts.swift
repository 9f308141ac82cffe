import GRDB
import Ledger

/// Intents and results.
extension Projector {
    func apply(_ body: ActIntended, _ place: Place) throws {
        let run = try requireOpenRun(body.run)
        guard try row("SELECT 1 FROM act WHERE run = ? AND number = ?", [body.run.rawValue, body.act]) == nil
        else {
            throw Refusal.duplicateAct(run: body.run, act: body.act)
        }
        if body.kind.changesUnit {
            guard let id: Int64 = run["device"], let unit = try row("SELECT * FROM device WHERE id = ?", [id])
            else {
                throw Refusal.notIdentified(run: body.run)
            }
            if let blessed: Int64 = unit["blessed_run"] {
                throw Refusal.alreadyBlessed(device: unit["device_id"], run: RunID(rawValue: blessed))
            }
            guard unit["quarantine"] == nil else { throw Refusal.quarantined(device: unit["device_id"]) }
        }
        try execute(
            "INSERT INTO act (run, number, kind, intent_seq, intent_at, intent_detail) VALUES (?, ?, ?, ?, ?, ?)",
            [
                body.run.rawValue, body.act, phrase(body.kind.rawValue), place.sequence, place.at,
                phrase(Self.json(body.detail)),
            ])
    }

    func apply(_ body: ActFinished, _ place: Place) throws {
        let run = try requireOpenRun(body.run)
        guard
            let act = try row(
                "SELECT k.text AS kind, a.outcome FROM act a JOIN phrase k ON k.id = a.kind WHERE a.run = ? AND a.number = ?",
                [body.run.rawValue, body.act])
        else { throw Refusal.unknownAct(run: body.run, act: body.act) }
        if let settled = (act["outcome"] as String?).flatMap(ActOutcome.init(rawValue:)), settled != .unknown
        {
            throw Refusal.actSettled(run: body.run, act: body.act, settled)
        }
        if let effect = body.effect {
            let kind = ActKind(rawValue: act["kind"])
            guard effect.kind == kind else {
                throw Refusal.effectOfOtherKind(run: body.run, act: body.act, kind: kind)
            }
            guard let id: Int64 = run["device"], let unit = try row("SELECT * FROM device WHERE id = ?", [id])
            else {
                throw Refusal.notIdentified(run: body.run)
            }
            if let blessed: Int64 = unit["blessed_run"] {
                throw Refusal.alreadyBlessed(device: unit["device_id"], run: RunID(rawValue: blessed))
            }
            try apply(effect, device: id, images: unit["images"], place)
        }
        try execute(
            """
            UPDATE act SET outcome = ?, result_seq = ?, result_at = ?, result_detail = ?, effect = ?
            WHERE run = ? AND number = ?
            """,
            [
                body.outcome.rawValue, place.sequence, place.at, phrase(Self.json(body.detail)),
                body.effect.map { try phrase(Self.json($0)) },
                body.run.rawValue, body.act,
            ])
    }

    private func apply(_ effect: ActEffect, device: Int64, images: Int64?, _ place: Place) throws {
        switch effect {
        case .region(let code, let channels):
            try execute(
                "UPDATE device SET region = ?, channels = ?, region_seq = ? WHERE id = ?",
                [code, channels, place.sequence, device])
        case .nvram(let digest, let token):
            try execute(
                "UPDATE device SET nvram = ?, nvram_seq = ? WHERE id = ?",
                [nvram(digest, token: token), place.sequence, device])
        case .image(let image):
            try execute(
                "UPDATE device SET images = ? WHERE id = ?", [imageSet(images, with: image), device])
        }
    }

    static func json(_ effect: ActEffect) -> String {
        var writer = CanonicalJSONWriter()
        effect.write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func json(_ texts: [String]) -> String {
        var writer = CanonicalJSONWriter()
        writer.list(texts)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
