namespace Gateway.Modbus.Pdu;

/// <summary>Why a device refuses a request. Modbus Application Protocol 1.1b3 §7.</summary>
public enum ExceptionCode : byte
{
    /// <summary>No exception; never on the wire.</summary>
    None = 0,

    /// <summary>The device does not know the function.</summary>
    IllegalFunction = 1,

    /// <summary>The device has no such address, or the range reaches past its end.</summary>
    IllegalDataAddress = 2,

    /// <summary>The request's count or value is not allowed.</summary>
    IllegalDataValue = 3,

    /// <summary>The device failed while carrying the request out.</summary>
    ServerDeviceFailure = 4,

    /// <summary>The device has begun and needs more time.</summary>
    Acknowledge = 5,

    /// <summary>The device is occupied; the request may be repeated later.</summary>
    ServerDeviceBusy = 6,

    /// <summary>The device cannot carry the function out; withdrawn from the standard, still in use.</summary>
    NegativeAcknowledge = 7,

    /// <summary>The device found a parity error in its extended memory.</summary>
    MemoryParityError = 8,

    /// <summary>A gateway between has no path to the device.</summary>
    GatewayPathUnavailable = 0x0A,

    /// <summary>A gateway between got no answer from the device.</summary>
    GatewayTargetDeviceFailedToRespond = 0x0B,
}
