using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus;

/// <summary>What one request brings, or takes.</summary>
internal sealed class ModbusBuffer
{
    public ushort[] Registers { get; } = new ushort[ModbusLimits.MaxReadRegisters];

    public bool[] Bits { get; } = new bool[ModbusLimits.MaxReadBits];

    /// <summary>When the last request ended, UTC.</summary>
    public DateTimeOffset Time { get; set; }
}
