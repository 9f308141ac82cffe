import Imp003

/// What impOS Release 30 does on an imp003, as figures and switches: everything here is data that a test may
/// change. Where no source gives a figure, the value is a choice, and its comment says so.
public struct Release30: Sendable, Equatable {
    /// What `imp.getsoftwareversion()` returns. The form follows vendor logs; the build id is a choice.
    public var softwareVersion = "5c8ae9a - release-30.8 - Mon Nov 17 10:12:00 2014"
    /// Bytes of the SPI flash that belong to the system: 448 KB (release notes, N4).
    public var reservationBytes = 0x70000
    /// How much of the reservation the WiFi firmware takes; BCM43362 images are 200 to 220 KB.
    public var wifiFirmwareBytes = 208 * 1024
    /// Bit rate of the factory console in both directions; a choice of our factory firmware.
    public var factoryConsoleBaud = 921_600
    /// From a byte in the receive FIFO to the program's callback; a choice.
    public var callbackLatency = Duration.microseconds(300)
    /// The region of a module to which nobody has told one. No source says what it is; the most restrictive one is
    /// taken here, and no station may rely on it.
    public var defaultRegion = RegionCode.us
    /// How long things take.
    public var times = BootTimes()
    /// What there is.
    public var memory = MemoryFigures()
    /// What running Squirrel costs.
    public var squirrel = SquirrelFigures()
    /// How scans are made.
    public var scan = ScanFigures()
    /// What the release is known to do wrong.
    public var knownIssues = KnownIssues()
    /// Rows whose behaviour is undone, so that a test can see that it would notice. What each one does then is said
    /// in `RowBreak`.
    public var broken: Set<RowID> = []

    public init() {}

    /// Whether the behaviour that a row describes is there.
    public func holds(_ row: RowID) -> Bool { !broken.contains(row) }

    /// How long the stages from power-on to running code take. None is published; these are plausible.
    public struct BootTimes: Sendable, Equatable {
        /// Supply rise and reset stretch.
        public var powerOnReset = Duration.milliseconds(12)
        /// Boot ROM, clock start, kernel, up to the first look at the SPI flash.
        public var kernel = Duration.milliseconds(140)
        /// Handing the WiFi firmware to the radio over SDIO.
        public var radioStart = Duration.milliseconds(180)
        /// BlinkUp and LED run for so long after a cold boot (blessing.md section 9).
        public var blinkUpWindow = Duration.seconds(60)
        /// The steady green that says "accepted".
        public var blinkUpAccepted = Duration.seconds(3)
        /// Looking for the network's access points.
        public var search = Duration.milliseconds(550)
        /// Authentication and key handshake.
        public var join = Duration.milliseconds(420)
        /// How long a join may take; weak signals need several seconds (R18). A choice.
        public var joinTimeout = Duration.seconds(8)
        /// How long it might take before R18; a choice.
        public var shortJoinTimeout = Duration.seconds(1)
        /// What a further access point of the same name cost before R19; a choice.
        public var candidateTrial = Duration.seconds(3)
        /// DHCP.
        public var address = Duration.milliseconds(380)
        /// DNS.
        public var resolve = Duration.milliseconds(60)
        /// TCP, TLS and the cloud's hello.
        public var serverHello = Duration.milliseconds(700)
        /// A stage that gets no answer gives up after this long and starts over.
        public var stageGivesUp = Duration.seconds(10)
        /// A port of the server that does not answer is given up after this long (R15); a choice.
        public var portGivesUp = Duration.seconds(5)
        /// With cached code, how long the server is looked for after a BlinkUp before that code runs (R36).
        public var afterBlinkUp = Duration.seconds(10)
        /// SUSPEND_ON_ERROR: how long to try, and how long to sleep in between (server.setsendtimeoutpolicy page).
        public var suspendedTry = Duration.seconds(60)
        public var snooze = Duration.seconds(540)
        /// Pause between two attempts to connect.
        public var retryPause = Duration.seconds(1)
        /// `server.connect`'s default and the system's own limit before cached code runs offline (R2).
        public var connectTimeout = Duration.seconds(60)
        /// Fetching a firmware image from the cloud and storing it.
        public var firmwareDownload = Duration.milliseconds(1300)
        /// Fetching another operating system, checking and storing it; a choice.
        public var systemUpgrade = Duration.seconds(20)
        /// Compiling nothing, starting the virtual machine.
        public var squirrelStart = Duration.milliseconds(25)
        /// From the callback of an accepted blessing to the load of application firmware (`server.bless` page).
        public var applicationAfterBlessing = Duration.seconds(2)
        /// From a wake to the first statement (R43 says faster than before, no figure).
        public var warmStart = Duration.milliseconds(60)
        /// From a software reset to the kernel.
        public var softwareReset = Duration.milliseconds(5)

        public init() {}
    }

    /// Squirrel's heap. The vendor publishes no figures for an imp003 under Release 30; chosen from what users of
    /// that time printed.
    public struct MemoryFigures: Sendable, Equatable {
        /// Heap that a program finds free before its own code and data.
        public var freeAtStart = 130_000
        /// What a scan needs for its result.
        public var perScanResult = 1_100

        public init() {}
    }

    /// How fast the module runs Squirrel. Nobody publishes figures; chosen from what a Cortex-M4 at 168 MHz can do
    /// with a register machine, some eighty cycles an instruction.
    public struct SquirrelFigures: Sendable, Equatable {
        /// What an instruction of the machine takes.
        public var nanosecondsPerInstruction = 500
        /// What a call on a pin takes besides: two writes in a row make a pulse of 29 us on an imp003, as a user
        /// measured (forums.electricimp.com/t/minimum-gpio-pulse-width/4128).
        public var pinCall = Duration.microseconds(29)
        /// After so many instructions a running program lets the clock catch up.
        public var instructionsPerSlice = 2_000
        /// Functions within functions before "stack overflow".
        public var callDepth = 1_000
        /// What compiled code takes on the module for 100 bytes here, with its shorter pointers and no wide
        /// instructions. Data is counted byte by byte.
        public var percentOfCodeSize = 40
        /// Seconds since 1970 at the simulation's start, for `time()` and `date()`: midnight of the day on which
        /// the emulated release was built.
        public var epoch: Int64 = 1_416_182_400

        public init() {}
    }

    /// Scanning: one passive-plus-active dwell per channel.
    public struct ScanFigures: Sendable, Equatable {
        /// A choice; passive and active scanning together.
        public var dwellPerChannel = Duration.milliseconds(110)
        /// Weaker signals are not heard; the platform documents results down to about -95 dBm.
        public var sensitivity = -95

        public init() {}
    }

    /// Facts of the release that a test may switch off to see that it would notice.
    public struct KnownIssues: Sendable, Equatable {
        /// K1: every scan loses memory that `imp.getmemoryfree()` does not show.
        public var scanLeaks = true
        /// K1: bytes lost per scan; a choice, so that some two dozen scans end in the restart.
        public var scanLeakBytes = 4_096
        /// K1: `imp.getmemoryfree()` does not count what scans lost; switched off, it tells the truth.
        public var leakIsHidden = true
        /// K2: a network with a 32-character SSID cannot be joined.
        public var longSSIDFails = true

        public init() {}
    }
}

/// Why Squirrel started; the values of `hardware.wakereason()` (R12).
public enum WakeReason: Int, Sendable, Codable, CaseIterable {
    case powerOn = 0
    case timer = 1
    case softwareReset = 2
    case pin = 3
    case newSquirrel = 4
    case squirrelError = 5
    case newFirmware = 6
    case snooze = 7
    case hardwareReset = 8
}

/// Where a connection attempt stands or broke; the values of `server.connect`'s callback (R3).
public enum ConnectionReason: Int, Sendable, Codable, CaseIterable {
    /// Broken, or not made, for any other reason.
    case notConnected = 0
    case noWiFi = 1
    case noIPAddress = 2
    case notResolved = 3
    case noServer = 4
    case serverConnected = 5
}
