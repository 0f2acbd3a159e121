using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>Finds the models of one device, and remembers where they are until something speaks against it. Not thread-safe.</summary>
internal sealed class SunSpecUnit(ModbusLine line, DeviceMemory memory)
{
    private int _base = SunSpecChain.BaseAddresses[0];

    /// <summary>The models; null while they are not known.</summary>
    public SunSpecChain? Chain { get; private set; }

    /// <summary>What the last successful <see cref="ReadAsync"/> brought.</summary>
    public ReadOnlySpan<ushort> Registers => line.Registers;

    /// <summary>Forgets where the models are.</summary>
    public void Forget() => Chain = null;

    /// <summary>Looks for the models where they were last, then where else they may begin.</summary>
    /// <returns>Null if they are known now; else the last answer. One that is a success says that there is no SunSpec map.</returns>
    public async ValueTask<ModbusAnswer?> LocateAsync(CancellationToken cancellationToken)
    {
        (Chain, _base, var last) = await SunSpecWalk.FindAsync(ReadPairAsync, _base, cancellationToken);
        return Chain is null ? last : null;
    }

    /// <summary>Reads some registers of the device.</summary>
    public async ValueTask<ModbusAnswer> ReadAsync(ReadRange range, CancellationToken cancellationToken)
    {
        var answer = await line.ReadAsync(memory.Device, range, mayRepeat: !memory.IsSilent, cancellationToken);
        memory.IsSilent = !answer.IsFromDevice;
        return answer;
    }

    private async ValueTask<RegisterPair> ReadPairAsync(int address, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(new ReadRange(ModbusTable.HoldingRegisters, (ushort)address, 2), cancellationToken);
        return new RegisterPair(answer, line.Registers[0], line.Registers[1]);
    }
}
