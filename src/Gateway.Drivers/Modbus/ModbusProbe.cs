using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus;

/// <summary>What a device shows in a range and beside it. Immutable.</summary>
/// <param name="Registers">The registers that it has, by address; empty for a table of bits.</param>
/// <param name="Bits">The bits that it has, by address; empty for a table of registers.</param>
/// <param name="Failure">Why the range itself could not be read; null if it could.</param>
public sealed record ModbusProbeResult(IReadOnlyDictionary<int, ushort> Registers, IReadOnlyDictionary<int, bool> Bits, string? Failure);

/// <summary>Reads a range of a device that no map describes, with an address more before it and a few behind it.</summary>
public static class ModbusProbe
{
    /// <summary>The longest range.</summary>
    public const int MaxCount = 100;

    // The last address may be the first register of a value of 64 bits, and so may the one behind it.
    private const int Behind = 4;

    /// <summary>Reads a range and what is beside it. A device that refuses the whole is asked for each address alone.</summary>
    /// <param name="client">The way to the device.</param>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="table">The table.</param>
    /// <param name="address">The first address, zero-based.</param>
    /// <param name="count">How many, 1 to <see cref="MaxCount"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public static async Task<ModbusProbeResult> ReadAsync(
        ModbusClient client, ModbusUnit unit, ModbusTable table, int address, int count, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        var found = new ModbusProbeResult(new SortedDictionary<int, ushort>(), new SortedDictionary<int, bool>(), null);
        var first = Math.Max(0, address - 1);
        var end = Math.Min(ModbusLimits.TableSize, address + count + (table.HoldsBits() ? 1 : Behind));
        if (await ReadAsync(client, unit, table, first, end - first, found, cancellationToken) is not { } refusal)
        {
            return found;
        }

        if (refusal.Status != ModbusStatus.Exception)
        {
            return found with { Failure = refusal.ToString() };
        }

        // Some refuse addresses that they do not have, others to begin or to end within a value.
        var failure = await ReadAsync(client, unit, table, address, count, found, cancellationToken);
        for (var at = first; at < end; at++)
        {
            for (var length = 1; length <= 2 && at + length <= end && !found.Registers.ContainsKey(at) && !found.Bits.ContainsKey(at); length++)
            {
                var result = await ReadAsync(client, unit, table, at, length, found, cancellationToken);
                failure = at >= address && at < address + count && result is null ? null : failure;
            }
        }

        return found with { Failure = failure?.ToString() };
    }

    /// <returns>Null if the range was read.</returns>
    private static async Task<ModbusResult?> ReadAsync(
        ModbusClient client, ModbusUnit unit, ModbusTable table, int address, int count, ModbusProbeResult found, CancellationToken cancellationToken)
    {
        if (table.HoldsBits())
        {
            var bits = new bool[count];
            var result = await client.ReadBitsAsync(unit, table, (ushort)address, bits, cancellationToken);
            return result.IsSuccess ? Take(bits, address, (SortedDictionary<int, bool>)found.Bits) : result;
        }

        var registers = new ushort[count];
        var answer = await client.ReadRegistersAsync(unit, table, (ushort)address, registers, cancellationToken);
        return answer.IsSuccess ? Take(registers, address, (SortedDictionary<int, ushort>)found.Registers) : answer;
    }

    private static ModbusResult? Take<T>(T[] values, int address, SortedDictionary<int, T> into)
    {
        for (var i = 0; i < values.Length; i++)
        {
            into[address + i] = values[i];
        }

        return null;
    }
}
