using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>Two registers of a device, or how the request for them ended.</summary>
/// <param name="Answer">How the request ended.</param>
/// <param name="First">The first register.</param>
/// <param name="Second">The second register.</param>
internal readonly record struct RegisterPair(ModbusAnswer Answer, ushort First, ushort Second);

/// <summary>Where the models of a device are.</summary>
/// <param name="Chain">The models; null if there are none, or they could not be read.</param>
/// <param name="Base">Where the chain begins.</param>
/// <param name="Last">The last answer. One that is a success, without a chain, says that there is no SunSpec map.</param>
internal readonly record struct SunSpecFind(SunSpecChain? Chain, int Base, ModbusAnswer Last);

/// <summary>Finds the models of a device: looks for the chain's beginning and walks it, id by length. SunSpec Information Model Specification 1.8 §6.</summary>
internal static class SunSpecWalk
{
    private const int MaxModels = 64;

    /// <summary>Looks where the chain began last, then where else it may.</summary>
    /// <param name="read">Reads two holding registers.</param>
    /// <param name="lastBase">Where it began last.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async ValueTask<SunSpecFind> FindAsync(Func<int, CancellationToken, ValueTask<RegisterPair>> read, int lastBase, CancellationToken cancellationToken)
    {
        ModbusAnswer last = default;
        foreach (var address in SunSpecChain.BaseAddresses.OrderBy(address => address != lastBase))
        {
            var pair = await read(address, cancellationToken);
            last = pair.Answer;
            if (!last.IsFromDevice)
            {
                break;
            }

            if (last.IsSuccess && ((uint)pair.First << 16 | pair.Second) == SunSpecChain.Marker)
            {
                return await FollowAsync(read, address, cancellationToken);
            }
        }

        return new SunSpecFind(null, lastBase, last);
    }

    private static async ValueTask<SunSpecFind> FollowAsync(Func<int, CancellationToken, ValueTask<RegisterPair>> read, int start, CancellationToken cancellationToken)
    {
        var models = new List<SunSpecInstance>();
        var address = start + 2;
        ModbusAnswer last = default;
        while (models.Count < MaxModels && address + 2 <= ModbusLimits.TableSize)
        {
            var pair = await read(address, cancellationToken);
            last = pair.Answer;
            if (!last.IsSuccess)
            {
                // Some devices have no end: what was found up to here is there.
                if (!last.IsRangeRefused || models.Count == 0)
                {
                    return new SunSpecFind(null, start, last);
                }

                break;
            }

            if (pair.First is SunSpecChain.EndId or 0)
            {
                break;
            }

            models.Add(new SunSpecInstance(pair.First, address, pair.Second));
            address += 2 + pair.Second;
        }

        return new SunSpecFind(new SunSpecChain(models), start, last);
    }
}
