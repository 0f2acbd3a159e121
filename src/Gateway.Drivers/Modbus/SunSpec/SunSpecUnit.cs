using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>Finds the models of one device, and remembers where they are until something speaks against it. Not thread-safe.</summary>
internal sealed class SunSpecUnit(ModbusLine line, DeviceMemory memory)
{
    private const int MaxModels = 64;

    private int _base = SunSpecChain.BaseAddresses[0];

    /// <summary>The models; null while they are not known.</summary>
    public SunSpecChain? Chain { get; private set; }

    /// <summary>Forgets where the models are.</summary>
    public void Forget() => Chain = null;

    /// <summary>Looks for the models where they were last, then where else they may begin.</summary>
    /// <returns>Null if they are known now; else the last answer. One that is a success says that there is no SunSpec map.</returns>
    public async ValueTask<ModbusAnswer?> LocateAsync(CancellationToken cancellationToken)
    {
        ModbusAnswer? last = null;
        foreach (var address in SunSpecChain.BaseAddresses.OrderBy(address => address != _base))
        {
            var answer = await ReadAsync(address, cancellationToken);
            last = answer;
            if (!answer.IsFromDevice)
            {
                return answer;
            }

            if (answer.IsSuccess && ((uint)line.Registers[0] << 16 | line.Registers[1]) == SunSpecChain.Marker)
            {
                var fault = await WalkAsync(address + 2, cancellationToken);
                _base = fault is null ? address : _base;
                return fault;
            }
        }

        return last;
    }

    private async ValueTask<ModbusAnswer?> WalkAsync(int address, CancellationToken cancellationToken)
    {
        var models = new List<SunSpecInstance>();
        while (models.Count < MaxModels && address + 2 <= ModbusLimits.TableSize)
        {
            var answer = await ReadAsync(address, cancellationToken);
            if (!answer.IsSuccess)
            {
                // Some devices have no end: what was found up to here is there.
                if (!answer.IsRangeRefused || models.Count == 0)
                {
                    return answer;
                }

                break;
            }

            var (id, length) = (line.Registers[0], line.Registers[1]);
            if (id is SunSpecChain.EndId or 0)
            {
                break;
            }

            models.Add(new SunSpecInstance(id, address, length));
            address += 2 + length;
        }

        Chain = new SunSpecChain(models);
        return null;
    }

    private async ValueTask<ModbusAnswer> ReadAsync(int address, CancellationToken cancellationToken)
    {
        var range = new ReadRange(ModbusTable.HoldingRegisters, (ushort)address, 2);
        var answer = await line.ReadAsync(memory.Device, range, mayRepeat: !memory.IsSilent, cancellationToken);
        memory.IsSilent = !answer.IsFromDevice;
        return answer;
    }
}
