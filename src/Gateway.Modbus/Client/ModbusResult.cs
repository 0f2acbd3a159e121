using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <summary>How a request ended while the transport is in order.</summary>
public enum ModbusStatus
{
    /// <summary>The device did as asked.</summary>
    Success,

    /// <summary>The device refuses; see <see cref="ModbusResult.ExceptionCode"/>.</summary>
    Exception,

    /// <summary>Nothing came in time.</summary>
    Timeout,

    /// <summary>Bytes came, but no frame with the right checksum. RTU only.</summary>
    ChecksumError,

    /// <summary>A valid frame came, but not the answer: another unit, function or length.</summary>
    UnexpectedResponse,
}

/// <summary>The end of a request. What the device does is a value; a broken transport is an exception.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="ExceptionCode">The device's reason when it refuses, else none.</param>
public readonly record struct ModbusResult(ModbusStatus Status, ExceptionCode ExceptionCode = ExceptionCode.None)
{
    /// <summary>Whether the device did as asked.</summary>
    public bool IsSuccess => Status == ModbusStatus.Success;

    /// <summary>Words for a person: <c>timeout</c>, <c>exception 2 (IllegalDataAddress)</c>.</summary>
    public override string ToString() => Status switch
    {
        ModbusStatus.Success => "success",
        ModbusStatus.Exception when Enum.IsDefined(ExceptionCode) => $"exception {(byte)ExceptionCode} ({ExceptionCode})",
        ModbusStatus.Exception => $"exception {(byte)ExceptionCode}",
        ModbusStatus.Timeout => "timeout",
        ModbusStatus.ChecksumError => "checksum error",
        _ => "unexpected response",
    };
}
