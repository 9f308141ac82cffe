/// What a module and its program notice of the connection to the server.
extension EmulatedModule {
    /// The server is there, or gone for whatever reason.
    func serverChanged(isConnected: Bool) {
        if isConnected, let machine {
            // A running program is not asked (politeosdeployments page: whoever connects is told at once).
            if upgradeIsOffered {
                return laterWithProgram(cloud.behaviour.latency / 2) { [self] in upgrade() }
            }
            agents?.assigned(machine.code, to: self)
            lookForDeployment()
        }
        agents?.connectionChanged(self, isConnected: isConnected)
        if isConnected, !release.holds(.r21) { machine?.disturbData() }
    }

    /// A data segment is sent again. Before R20 that ended in a crash while `server.flush` waited.
    func segmentRepeated() {
        guard isFlushing, !release.holds(.r20) else { return }
        note("crash in server.flush")
        restart(.softwareReset)
    }
}
