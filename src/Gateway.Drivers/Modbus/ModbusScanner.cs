using System.Runtime.CompilerServices;
using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>A device that answered a scan.</summary>
/// <param name="Line">How it was reached.</param>
/// <param name="UnitId">Its unit id.</param>
/// <param name="AnswersAll">Whether it answers in the name of any unit.</param>
/// <param name="Table">The table that it answered for.</param>
/// <param name="Client">The way to it, open until the scan goes on.</param>
public sealed record ModbusFind(ModbusTarget Line, byte UnitId, bool AnswersAll, ModbusTable Table, ModbusClient Client);

/// <summary>How far a scan is.</summary>
/// <param name="Asked">Requests that were made.</param>
/// <param name="Total">The most that there will be, as is known now.</param>
/// <param name="Where">What is asked now.</param>
public readonly record struct ModbusScanProgress(int Asked, int Total, string Where);

/// <summary>
/// Finds Modbus devices: asks unit after unit for a holding register, and takes any answer, if only a refusal, for a device. The most common unit
/// ids are asked in all settings of a line first; once one answers, the others are looked for in its settings only, as a line has one. Who is silent
/// is asked for an input register later, as some devices answer nothing but what they know. Nothing is written.
/// </summary>
/// <param name="lines">The settings of one line, the most common ones first.</param>
/// <param name="units">The unit ids, the most common ones first.</param>
/// <param name="timeout">How long a device may take to begin its answer.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Takes what goes wrong.</param>
public sealed class ModbusScanner(
    IReadOnlyList<ModbusTarget> lines, IReadOnlyList<byte> units, TimeSpan timeout, TimeProvider timeProvider, ILogger logger)
{
    private const int CommonUnits = 8;

    // The least harmful first: what most devices have, and any refuses.
    private static readonly ModbusTable[] Questions = [ModbusTable.HoldingRegisters, ModbusTable.InputRegisters];

    private int _asked;
    private int _total = lines.Count * units.Count * Questions.Length;

    /// <summary>Looks for devices.</summary>
    /// <param name="progress">Is told of each request.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async IAsyncEnumerable<ModbusFind> ScanAsync(Action<ModbusScanProgress> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        List<byte>[] groups = [[.. units.Take(CommonUnits)], [.. units.Skip(CommonUnits)]];
        var rounds =
            from some in groups
            from table in Questions
            from line in lines
            select (Line: line, Units: some, Table: table);
        foreach (var round in rounds)
        {
            var found = new HashSet<byte>();
            await foreach (var find in ScanAsync(round.Line, round.Units, round.Table, progress, cancellationToken))
            {
                found.Add(find.UnitId);
                yield return find;
                if (find.AnswersAll)
                {
                    yield break;
                }
            }

            if (found.Count > 0)
            {
                _total = _asked + (Questions.Length * (units.Count - found.Count));
                await foreach (var find in ScanRestAsync(round.Line, found, progress, cancellationToken))
                {
                    yield return find;
                }

                yield break;
            }
        }
    }

    // A line that one device answers on: all others are on it too.
    private async IAsyncEnumerable<ModbusFind> ScanRestAsync(
        ModbusTarget line, HashSet<byte> found, Action<ModbusScanProgress> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var table in Questions)
        {
            await foreach (var find in ScanAsync(line, [.. units.Where(unit => !found.Contains(unit))], table, progress, cancellationToken))
            {
                found.Add(find.UnitId);
                yield return find;
            }
        }
    }

    private async IAsyncEnumerable<ModbusFind> ScanAsync(
        ModbusTarget line, List<byte> asked, ModbusTable table, Action<ModbusScanProgress> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var client = line.CreateClient(timeout, timeProvider, logger);

        // A device on the network that has no units behind it often does not look at the id: then it is one device, not many.
        var mayAnswerAll = line.Port is null && asked.Count == CommonUnits && asked[0] == units[0];
        var held = new List<byte>();
        foreach (var unit in asked)
        {
            progress(new ModbusScanProgress(_asked++, _total, $"{line}, unit {unit}"));
            if (!await IsThereAsync(client, unit, table, cancellationToken))
            {
                continue;
            }

            if (mayAnswerAll)
            {
                held.Add(unit);
            }
            else
            {
                yield return new ModbusFind(line, unit, AnswersAll: false, table, client);
            }
        }

        var answersAll = held.Count == CommonUnits;
        foreach (var unit in answersAll ? held[..1] : held)
        {
            yield return new ModbusFind(line, unit, answersAll, table, client);
        }
    }

    private static async Task<bool> IsThereAsync(ModbusClient client, byte unitId, ModbusTable table, CancellationToken cancellationToken)
    {
        var register = new ushort[1];
        var unit = new ModbusUnit(unitId);
        var result = await client.ReadRegistersAsync(unit, table, 0, register, cancellationToken);
        return result.Status switch
        {
            ModbusStatus.Success => true,
            ModbusStatus.Exception => result.ExceptionCode is not (ExceptionCode.GatewayPathUnavailable or ExceptionCode.GatewayTargetDeviceFailedToRespond),
            ModbusStatus.Timeout => false,
            // Something spoke, and came damaged: once more.
            _ => (await client.ReadRegistersAsync(unit, table, 0, register, cancellationToken)).Status is ModbusStatus.Success or ModbusStatus.Exception,
        };
    }
}
