import FactoryLink
import Imp003
import StationStore

extension UnitProcedure {
    /// Stage 6: the regulatory region, always set and read back. A module that says the right code by itself may
    /// only be showing its default, which nobody documents; what was never set can't be relied on.
    mutating func setRegion() async throws {
        try await boot()
        let region = context.plan.variant.region
        let channels = context.plan.variant.channels
        let found = try await context.ask(GetRegion()).code
        note("region_before", .text(found))
        try await act(
            .regionSet, ["code": region.readBack, "channels": channels.description], onError: .regionRejected
        ) { context in
            _ = try await context.ask(SetRegion(code: Int32(bitPattern: region.rawValue)))
            let now = try await context.ask(GetRegion()).code
            guard region.matches(readBack: now) else {
                return .failed(
                    Reason(
                        .regionReadBack,
                        "imp.getcountry() says \(now) after imp.setcountry(0x\(region.readBack)); expected \(region.readBack)"
                    ),
                    ["read_back": now])
            }
            return .done(
                .region(code: now, channels: channels.description),
                ["read_back": now, "before": found])
        }
    }
}
