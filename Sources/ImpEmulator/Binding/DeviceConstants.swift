import Squirrel

/// Names that stand for values when a device program is compiled.
///
/// Values are the published ones where there are any (wake and connection reasons, UART flags, SPI flags, write
/// flags of the SPI flash); the vendor gives no numbers for the others, so a program must use their names, and the
/// numbers here are choices.
public enum DeviceConstants {
    /// All of them; object by object.
    public static let all: [String: SquirrelData] = {
        var all: [String: SquirrelData] = [:]
        for group in groups { for (name, value) in group { all[name] = .integer(value) } }
        return all
    }()

    /// One table an object; other files add theirs.
    static let groups: [[String: Int32]] = [
        wakeReasons, connection, configuration, pinModes, uart, i2c, spiFlash, blinkUp, spi, samples,
        sendErrors,
        days,
    ]

    /// Published.
    static let wakeReasons: [String: Int32] = [
        "WAKEREASON_POWER_ON": 0, "WAKEREASON_TIMER": 1, "WAKEREASON_SW_RESET": 2, "WAKEREASON_PIN": 3,
        "WAKEREASON_NEW_SQUIRREL": 4, "WAKEREASON_SQUIRREL_ERROR": 5, "WAKEREASON_NEW_FIRMWARE": 6,
        "WAKEREASON_SNOOZE": 7, "WAKEREASON_HW_RESET": 8,
    ]

    /// Reasons published, the rest choices.
    static let connection: [String: Int32] = [
        "NOT_CONNECTED": 0, "NO_WIFI": 1, "NO_IP_ADDRESS": 2, "NOT_RESOLVED": 3, "NO_SERVER": 4,
        "SERVER_CONNECTED": 5,
        "SUSPEND_ON_ERROR": 0, "RETURN_ON_ERROR": 1, "RETURN_ON_ERROR_NO_DISCONNECT": 2,
        "WAIT_TIL_SENT": 0, "WAIT_FOR_ACK": 1,
    ]

    /// Choices. `CONFIG_ALL` and its kin are an argument of later releases.
    static let configuration: [String: Int32] = [
        "ENVIRONMENT_CARD": 1, "ENVIRONMENT_MODULE": 2, "ENVIRONMENT_AGENT": 3,
    ]

    /// Choices.
    static let pinModes: [String: Int32] = [
        "DIGITAL_IN": 0, "DIGITAL_IN_PULLUP": 1, "DIGITAL_IN_PULLDOWN": 2, "DIGITAL_IN_WAKEUP": 3,
        "DIGITAL_OUT": 4, "DIGITAL_OUT_OD": 5, "DIGITAL_OUT_OD_PULLUP": 6, "ANALOG_IN": 7, "ANALOG_OUT": 8,
        "PWM_OUT": 9, "PTPG_OUT_ACTIVE_HIGH": 10, "PTPG_OUT_ACTIVE_LOW": 11, "PULSE_COUNTER": 12,
    ]

    /// Choices but for the event flags, which are published.
    static let uart: [String: Int32] = [
        "PARITY_NONE": 0, "PARITY_EVEN": 1, "PARITY_ODD": 2,
        "NO_CTSRTS": 1, "NO_RX": 2, "NO_TX": 4, "TIMING_ENABLED": 8, "CALLBACK_WITH_FLAGS": 16,
        "READ_READY": 1, "WRITE_DONE": 2, "NOISE_ERROR": 4, "FRAME_ERROR": 8, "PARITY_ERROR": 16,
        "OVERRUN_ERROR": 32, "LINE_IDLE": 64,
    ]

    /// Choices: kHz.
    static let i2c: [String: Int32] = [
        "CLOCK_SPEED_10_KHZ": 10, "CLOCK_SPEED_50_KHZ": 50, "CLOCK_SPEED_100_KHZ": 100,
        "CLOCK_SPEED_400_KHZ": 400,
    ]

    /// Published.
    static let spiFlash: [String: Int32] = ["SPIFLASH_POSTVERIFY": 1, "SPIFLASH_PREVERIFY": 2]

    /// Choices.
    static let blinkUp: [String: Int32] = ["BLINKUP_FAST": 1, "BLINKUP_ACTIVEHIGH": 2]
}
