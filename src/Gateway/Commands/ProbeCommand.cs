using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Drivers.Modbus;
using Gateway.Linux.Serial;
using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Commands;

/// <summary><c>gateway probe</c>: shows what a device holds that no map describes yet.</summary>
internal static class ProbeCommand
{
    /// <summary>How long a device may take unless somebody says otherwise.</summary>
    internal static readonly TimeSpan StandardTimeout = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, ModbusTable> Tables = new()
    {
        ["holding"] = ModbusTable.HoldingRegisters,
        ["input"] = ModbusTable.InputRegisters,
        ["coil"] = ModbusTable.Coils,
        ["discrete"] = ModbusTable.DiscreteInputs,
    };

    private static readonly string[] Orders = ["ABCD", "CDAB", "BADC", "DCBA"];

    public static Command Create() => new("probe", "Shows what a device holds that no map describes yet.") { CreateModbus() };

    private static Command CreateModbus()
    {
        var target = CreateTarget();
        var unit = new Option<byte>("--unit") { HelpName = "N", Description = "The unit id; default: 1", DefaultValueFactory = _ => 1 };
        var table = new Argument<string>("TABLE") { Description = "holding, input, coil or discrete" };
        var address = new Argument<int>("ADDRESS") { Description = "The zero-based wire address" };
        var count = new Argument<int>("COUNT") { Description = $"How many, up to {ModbusProbe.MaxCount}; default: 1", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("modbus", "Reads a range of registers and shows it, and the address before and behind it, as every type in every byte order; what is plausible is marked with *.")
        {
            unit, json, table, address, count,
        };
        target.AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            var place = ReadPlace(arguments.GetRequiredValue(table), arguments.GetRequiredValue(address), arguments.GetValue(count));
            return RunAsync(
                Single(target.Read(arguments)),
                new ModbusUnit(arguments.GetValue(unit)),
                target.ReadTimeout(arguments, StandardTimeout),
                place,
                arguments.GetValue(json),
                arguments.InvocationConfiguration.Output,
                cancellationToken);
        });
        return command;
    }

    /// <summary>The flags of the line.</summary>
    internal static ModbusTargetOptions CreateTarget() => new([19200], [SerialParity.Even]);

    /// <summary>What is to be read.</summary>
    /// <exception cref="CommandException">There is no such place.</exception>
    internal static Place ReadPlace(string table, int address, int count)
    {
        var place = new Place(ParseTable(table), address, count);
        place.Check();
        return place;
    }

    /// <summary>Reads it, and shows it as everything that it may be.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    internal static async Task<ProbeDocument> ReadAsync(ModbusTarget line, ModbusUnit unit, TimeSpan timeout, Place place, CancellationToken cancellationToken)
    {
        if (unit.Id == 0 && line.Port is not null)
        {
            throw CommandException.Usage("unit 0 is the broadcast, which no device answers");
        }

        try
        {
            await using var client = line.CreateClient(timeout, TimeProvider.System, NullLogger.Instance);
            var result = await ModbusProbe.ReadAsync(client, unit, place.Table, place.Address, place.Count, cancellationToken);
            if (result.Registers.Count == 0 && result.Bits.Count == 0)
            {
                throw CommandException.Failed($"unit {unit.Id} on {line} does not give it: {result.Failure}");
            }

            var numbers = RegisterInterpretation.All(result.Registers, place.Address - 1, place.Address + place.Count).ToList();
            return new ProbeDocument(result.Registers, result.Bits, numbers, result.Failure);
        }
        catch (ModbusTransportException exception)
        {
            throw CommandException.Failed($"{line}: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    /// <summary>The line, which has one set of settings.</summary>
    /// <exception cref="CommandException">There are several.</exception>
    internal static ModbusTarget Single(IReadOnlyList<ModbusTarget> lines) =>
        lines is [var line] ? line : throw CommandException.Usage("name one baud rate and one parity; 'gateway scan modbus' tries several");

    private static ModbusTable ParseTable(string text) => Tables.TryGetValue(text, out var table)
        ? table
        : throw CommandException.Usage($"'{text}' is no table: write holding, input, coil or discrete");

    private static async Task<int> RunAsync(
        ModbusTarget line, ModbusUnit unit, TimeSpan timeout, Place place, bool asJson, TextWriter output, CancellationToken cancellationToken)
    {
        var document = await ReadAsync(line, unit, timeout, place, cancellationToken);
        if (asJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(document, StatusJson.Readable.ProbeDocument));
        }
        else
        {
            Print(output, document);
        }

        return document.Failure is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(TextWriter output, ProbeDocument result)
    {
        var contents = new TableView("address", result.Bits.Count > 0 ? "bit" : "hex", "text");
        foreach (var (address, bit) in result.Bits)
        {
            contents.AddRow(Text(address), bit ? "1" : "0", "");
        }

        foreach (var (address, register) in result.Registers)
        {
            contents.AddRow(Text(address), $"0x{register:X4}", $"{Character(register >> 8)}{Character(register & 0xFF)}");
        }

        contents.Write(output);
        var table = new TableView(["address", "type", .. Orders]);
        foreach (var row in result.Numbers.GroupBy(number => (number.Address, number.Type)))
        {
            var byOrder = row.ToDictionary(number => number.Order, number => number.IsPlausible ? number.Value + " *" : number.Value);
            table.AddRow([Text(row.Key.Address), row.Key.Type, .. Orders.Select(order => byOrder.GetValueOrDefault(order, ""))]);
        }

        table.Write(output);
        if (result.Failure is not null)
        {
            output.WriteLine($"The range itself: {result.Failure}");
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static char Character(int code) => code is >= ' ' and < 127 ? (char)code : '.';

    internal readonly record struct Place(ModbusTable Table, int Address, int Count)
    {
        public void Check()
        {
            if (Address is < 0 or >= ModbusLimits.TableSize)
            {
                throw CommandException.Usage($"'{Address}' is no address: write 0 to {ModbusLimits.TableSize - 1}");
            }

            if (Count is < 1 or > ModbusProbe.MaxCount || Address + Count > ModbusLimits.TableSize)
            {
                throw CommandException.Usage($"'{Count}' from {Address} on cannot be read: write 1 to {ModbusProbe.MaxCount}, up to address {ModbusLimits.TableSize - 1}");
            }
        }
    }
}

/// <summary>What <c>gateway probe modbus --json</c> prints.</summary>
/// <param name="Registers">The registers, by address.</param>
/// <param name="Bits">The bits, by address.</param>
/// <param name="Numbers">The registers as every number that they may be.</param>
/// <param name="Failure">Why the range itself could not be read; null if it could.</param>
internal sealed record ProbeDocument(
    IReadOnlyDictionary<int, ushort> Registers, IReadOnlyDictionary<int, bool> Bits, IReadOnlyList<RegisterInterpretation> Numbers, string? Failure);
