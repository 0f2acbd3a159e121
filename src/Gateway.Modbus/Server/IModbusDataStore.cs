using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// The tables of one unit, as a server offers them. Ranges are within 0 to 65535 and within the standard's counts;
/// each method answers <see cref="ExceptionCode.None"/> or the exception that the client gets. Called by several
/// connections at the same time.
/// </summary>
public interface IModbusDataStore
{
    /// <summary>Reads coils or discrete inputs.</summary>
    ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken);

    /// <summary>Reads holding or input registers.</summary>
    ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken);

    /// <summary>Switches coils; all of them or none.</summary>
    ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken);

    /// <summary>Writes holding registers; all of them or none.</summary>
    ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken);
}
