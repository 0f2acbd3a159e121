using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>One model in a device.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Address">The address of the register that holds the id.</param>
/// <param name="Length">Its registers, without id and length.</param>
internal readonly record struct SunSpecInstance(ushort Id, int Address, int Length);

/// <summary>The models of one device, in their order. Immutable.</summary>
/// <param name="Models">The models.</param>
internal sealed record SunSpecChain(IReadOnlyList<SunSpecInstance> Models)
{
    /// <summary>Where a chain may begin, the usual first. SunSpec Information Model Specification 1.8 §6.2.</summary>
    public static readonly IReadOnlyList<int> BaseAddresses = [40000, 50000, 0];

    /// <summary>What a chain begins with: SunS.</summary>
    public const uint Marker = 0x53756E53;

    /// <summary>What a chain ends with, in the place of an id.</summary>
    public const ushort EndId = 0xFFFF;

    /// <summary>A chain as a device would have it that has what these points need and nothing else.</summary>
    public static SunSpecChain Nominal(IEnumerable<SunSpecReference> references)
    {
        var instances = new List<SunSpecInstance>();
        var address = BaseAddresses[0] + 2;
        foreach (var model in references.GroupBy(reference => reference.Ids[0]).OrderBy(model => model.Key))
        {
            var definition = SunSpecModels.All[model.Key];
            var length = definition.Length + (model.Max(reference => reference.Repetition) * definition.RepeatedLength);
            instances.Add(new SunSpecInstance((ushort)model.Key, address, length));
            address += 2 + length;
        }

        return new SunSpecChain(instances);
    }

    /// <summary>The registers that tell the chain: the marker, each model's id and length, the end.</summary>
    public IEnumerable<(ushort Address, ushort Value)> Headers()
    {
        var start = BaseAddresses[0];
        yield return ((ushort)start, (ushort)(Marker >> 16));
        yield return ((ushort)(start + 1), unchecked((ushort)Marker));
        var end = start + 2;
        foreach (var model in Models)
        {
            yield return ((ushort)model.Address, model.Id);
            yield return ((ushort)(model.Address + 1), (ushort)model.Length);
            end = model.Address + 2 + model.Length;
        }

        yield return ((ushort)end, EndId);
        yield return ((ushort)(end + 1), 0);
    }

    /// <summary>A point's place in the device; null if the device does not have it.</summary>
    /// <param name="definition">The point.</param>
    /// <param name="reference">What the map calls it.</param>
    /// <param name="maxRegisters">The most registers that one request can read.</param>
    public ModbusPoint? Locate(PointDefinition definition, SunSpecReference reference, int maxRegisters)
    {
        foreach (var instance in Models.Where(model => reference.Ids.Contains(model.Id)))
        {
            var model = SunSpecModels.All[instance.Id];
            var point = reference.Repetition == 0 ? model.Points[reference.Point] : model.Repeated[reference.Point];
            var offset = point.Offset + (reference.Repetition == 0 ? 0 : 2 + model.Length + ((reference.Repetition - 1) * model.RepeatedLength));
            var last = Math.Max(offset + point.Count, point.ScaleFactor is null ? 0 : model.Points[point.ScaleFactor].Offset + 1);
            if (last <= 2 + instance.Length && instance.Address + last <= ModbusLimits.TableSize)
            {
                return At(definition, instance, point, offset, model, maxRegisters);
            }
        }

        return null;
    }

    // With the value comes what tells that it still stands where it stood: the model's id. A device may move its models when it is updated.
    // Where a request cannot reach that far, both are read apart.
    private static ModbusPoint At(
        PointDefinition definition, SunSpecInstance instance, SunSpecPoint point, int offset, SunSpecModel model, int maxRegisters)
    {
        var place = new ReadRange(ModbusTable.HoldingRegisters, (ushort)(instance.Address + offset), point.Count);
        var scale = point.ScaleFactor is null ? (int?)null : instance.Address + model.Points[point.ScaleFactor].Offset;
        var needed = scale is { } register ? ModbusContentParser.Around(place, register) : place;
        var whole = ModbusContentParser.Around(needed, instance.Address);
        var isNear = whole.Count <= maxRegisters;
        ReadRange Alone(int address) => place with { Address = (ushort)address, Count = 1 };
        return new ModbusPoint(definition, place, point.Type.Content)
        {
            Range = isNear ? whole : place,
            Type = point.Type.Register,
            ScaleRegister = scale,
            NotAvailable = point.Type.NotAvailable is { } bits ? [bits] : [],
            Guard = isNear ? ((ushort)instance.Address, instance.Id) : null,
            Apart = isNear ? [] : scale is { } apart ? [Alone(instance.Address), Alone(apart)] : [Alone(instance.Address)],
        };
    }
}
