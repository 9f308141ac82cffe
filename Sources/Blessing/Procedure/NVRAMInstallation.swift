import ContentAddress
import FactoryLink
import StationStore

extension UnitProcedure {
    /// Stage 4: the radio's settings. The platform has no way to read them back; the string it returns is the only
    /// evidence, so units given the same bytes must have answered with the same string.
    mutating func installNVRAM() async throws {
        guard let nvram = context.plan.nvram else { return }
        let expected = await context.tokens.token(for: nvram.digest)
        let tokens = context.tokens
        try await act(
            .nvramInstall, ["sha256": nvram.digest.hex, "bytes": String(nvram.bytes.count)],
            onError: .nvramRejected
        ) { context in
            let receipt = try await context.ask(InstallNVRAM(image: nvram.bytes))
            if let expected, expected != receipt.hash {
                return .failed(
                    Reason(
                        .nvramHashDiffers,
                        "imp.setnvramimage returned \(receipt.hash); earlier units given the same bytes returned \(expected)"
                    ),
                    ["returned": receipt.hash])
            }
            await tokens.keep(receipt.hash, for: nvram.digest)
            return .done(.nvram(digest: nvram.digest, token: receipt.hash), ["returned": receipt.hash])
        }
    }
}

/// The strings that modules returned for NVRAM images: the same bytes must always give the same string.
actor NVRAMTokens {
    private var tokens: [SHA256Digest: String] = [:]

    func token(for digest: SHA256Digest) -> String? { tokens[digest] }

    /// The first string seen for an image stays the reference.
    func keep(_ token: String, for digest: SHA256Digest) {
        if tokens[digest] == nil { tokens[digest] = token }
    }
}
