/// Code that is handed out to a device group instead of what the cloud began with.
struct Deployment: Sendable {
    /// The devices' half; nil for the one before, which they then load once more.
    var device: FirmwareLibrary.Make?
    /// The agents' half; nil for the one before.
    var agent: DeviceProgram?
}

/// Deploying: new code for a group, new systems for everybody.
extension EmulatedCloud {
    /// New code is handed out to a group from now on. Its devices that are connected restart with it (wake reason 4),
    /// their agents too; others get it when they connect. Release 30 has no way for a program to delay that.
    ///
    /// The page about webhooks names the event and not its fields; these are a choice.
    /// - Parameters:
    ///   - device: the devices' program; nil loads the present one again.
    ///   - agent: the agents' program; nil restarts the present one.
    public func deploy(
        to group: DeviceGroup, device: FirmwareLibrary.Make? = nil, agent: DeviceProgram? = nil
    ) {
        let number = state.withLock { state in
            let former = state.deployments[group, default: []].last
            state.deployments[group, default: []].append(
                Deployment(device: device ?? former?.device, agent: agent ?? former?.agent))
            state.deploymentCount += 1
            return state.deployments[group, default: []].count
        }
        fire(.deployment, [("device_group", group.rawValue), ("deployment", "\(number)")])
    }

    /// The same with a Squirrel program for the devices.
    public func deploy(to group: DeviceGroup, program: DeviceProgram, agent: DeviceProgram? = nil) {
        deploy(to: group, device: { DeviceFirmware(program, $0) }, agent: agent)
    }

    /// How often anything was deployed.
    var deploymentCount: Int { state.withLock(\.deploymentCount) }

    /// The number of a group's latest deployment; 0 when there was none.
    func deployment(to group: DeviceGroup) -> UInt32 {
        state.withLock { UInt32($0.deployments[group]?.count ?? 0) }
    }

    /// What a deployment made of the devices' program; nil for what the cloud began with, and for deployments of an
    /// earlier life of the cloud.
    func program(of group: DeviceGroup, deployment: UInt32) -> FirmwareLibrary.Make? {
        state.withLock { state in
            guard let made = state.deployments[group], (1...made.count).contains(Int(deployment)) else {
                return nil
            }
            return made[Int(deployment) - 1].device
        }
    }

    /// The program that a group's agents run now, if a deployment brought it.
    func agentProgram(of group: DeviceGroup) -> DeviceProgram? {
        state.withLock { $0.deployments[group]?.last?.agent }
    }

    /// Another operating system is handed out from now on, to each device when it connects.
    public func offer(systemVersion: String?) {
        state.withLock { $0.systemVersion = systemVersion }
    }

    /// The operating system that devices should have; nil for whatever they have.
    var systemVersion: String? { state.withLock(\.systemVersion) }
}

extension ModuleConfig.Code {
    /// The group whose devices run it.
    var group: DeviceGroup {
        switch self {
        case .none: .unknown
        case .factory: .dut
        case .application: .production
        case .fixture: .fixture
        }
    }
}

/// New code for devices that run already.
extension EmulatedModule {
    /// How the program that the module holds is made.
    func makeProgram(_ code: ModuleConfig.Code) -> FirmwareLibrary.Make {
        cloud.program(of: code.group, deployment: config.deployment) ?? library.program(for: code)
    }

    /// Something was deployed, or the server has just been reached: new code of the own group replaces what runs.
    func lookForDeployment() {
        guard connection.isConnected, case .running(let code) = phase,
            cloud.group(of: deviceID.text).code == code, cloud.deployment(to: code.group) != config.deployment
        else { return }
        laterWithProgram(cloud.behaviour.latency / 2) { [self] in
            guard connection.isConnected, phase == .running(code) else { return }
            load(code)
        }
    }
}
