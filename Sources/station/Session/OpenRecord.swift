import StationStore

extension StationPaths {
    /// Opens the record for one act, and closes it whatever becomes of the act.
    ///
    /// - Parameters:
    ///   - options: how it is opened; a restored record, for one, is taken only where that is wished.
    ///   - act: signs a checkpoint itself where its entries must not wait for the next one.
    /// - Throws: `StoreError`, with `lockedByOther` while a station works on the record; what `act` throws.
    func withRecord<Result>(
        _ options: StationStore.Options = .init(), act: (StationStore) async throws -> Result
    ) async throws -> Result {
        let store = try await StationStore.open(
            at: database, key: try await StationKeys.load(for: self), options: options)
        do {
            let result = try await act(store)
            try await store.close()
            return result
        } catch {
            try? await store.close()
            throw error
        }
    }
}
